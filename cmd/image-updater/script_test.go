package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/notifytest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"image-updater": main})
}

// TestScript runs the scripts of testdata/script. Beside the commands of testscript there are:
//
//	registry [-auth USER:PASSWORD] [-hub] FILE
//	                           start a registry on loopback, filled from lines of REPOSITORY TAG...; sets $REGISTRY;
//	                           with -auth it hands tokens to that account alone, with -hub it has Docker Hub's tag API
//	requests KIND N            the registry was asked N times for KIND (ping, token, list, head, get, tell, other or total)
//	break KIND STATUS [VALUE]  from now on the registry answers KIND with STATUS, and Retry-After: VALUE
//	mend                       the registry answers again
//	remote NAME DIR            make the Git repository $GITROOT/NAME.git of the files in DIR, served at $GITURL/NAME.git
//	pushes N                   the Git server has accepted N pushes
//	reads REFS OBJECTS         since the last time, the Git server was asked so often where branches stand, and for objects
//	githubapp FILE [N]         from now on the Git server, which is a GitHub too, lets in who has a token of App 12345 as
//	                           installation 67890; the App's private key is in FILE; the first token is revoked after N
//	                           requests
//	gittls CA [CERT KEY]       serve Git with TLS, too, at $GITTLS, with a certificate for 127.0.0.1 and *.example.com whose
//	                           authority is put into CA; with CERT and KEY only whoever shows what is put there is served
//	proxy                      start a proxy, in $HTTPS_PROXY, by which all hosts are the one of gittls
//	proxied HOST:PORT          the proxy was asked for that host alone
//	tokens N                   the App has been given N tokens
//	refuse NAME MESSAGE        from now on pushes to NAME are refused by its hook, with a message
//	expand FILE...             replace $REGISTRY, $GITURL and the like in files
//	push REPOSITORY TAG [SETTING=VALUE...]
//	                           put an image under a tag: platforms=LIST, age=DURATION, created=TIME, build=NUMBER,
//	                           annotation=NAME=TEXT and label=NAME=TEXT of org.opencontainers.image.NAME; its digest is in
//	                           $DIGEST
//	unpush REPOSITORY TAG...   take tags away
//	meter [-silent] LIMIT [SPENT]
//	                           from now on the registry counts pulls as Docker Hub does, and says so unless it is silent;
//	                           others spent some already
//	pulls N                    the registry has counted N pulls, those of others left out
//	verdicts FILE              the verdicts of the last "explain -o json" are the lines TAG VERDICT [RULE [UNTIL]]
//	date -AGE                  what a clock of the given age shows, in $DATE
//	chat start                 start what messages are posted to, by a URL in $CHAT that ends in hunter2hunter2
//	chat fail STATUS TEXT      from now on it answers so; chat mend ends it
//	chat got N [FILE]          N messages have come; the last is put into FILE; chat await N FILE waits for N or more
//	mail start                 start a mail server of this machine, at the port $SMTPPORT; mail got FILE puts the last mail there
//	freeport                   an address that nobody listens at, in $ADDR
//	await STATUS PATH [TEXT]   ask $ADDR again and again until it answers so; awaitpushes N waits for the Git server
//	earlier AGE ARGUMENT...    run the program as if it were so long ago, with whole paths
//	event STATUS PATH FILE [HEADER=VALUE...]
//	                           post a file to $ADDR until it is answered so; {mac:SECRET} in a header is its HMAC-SHA256
//	flood N PATH FILE          post it N times at once; some are taken and the others too many
//	post STATUS PATH BODY      post JSON to $ADDR, which answers so
//	signal HUP|TERM|KILL       send that to the programs in the background
//	forge start DIR [-AGE]     start a forge of the kind $KIND, gitea if that is not set, with one Git repository of the files
//	                           in DIR: its URL is in $FORGE, its host in $FORGEHOST, its folder in $REPOSITORY, the token
//	                           that lets in in $TOKEN; its clock is behind by AGE; if it is GitHub it knows the App of
//	                           githubapp, too
//	forge list FILE            write a line for each pull request; forge body N FILE and forge comments N FILE write texts
//	forge merge|squash|close|reopen N, forge label|unlabel N NAME, forge delete BRANCH, forge commit BRANCH DIR
//	                           what a person does; commit puts the files in DIR on top of a branch
//	forge fill N PREFIX        open N pull requests of branches PREFIX0, PREFIX1...
//	forge race BRANCH DIR      a person does so when the next push has arrived and is not in yet
//	forge twin                 somebody else opens at the same moment what is opened next
//	forge reads REFS OBJECTS   as reads, of the forge's Git
//	forge publish REPOSITORY TAG FILE
//	                           make a release with the text of the file, in any repository OWNER/NAME of the forge
//	forge deny RIGHT...        take rights from the token (label, review, assign, auto-merge, comment, create, update, close)
//	forge fail METHOD STATUS   from now on requests of that method fail, with Retry-After: 3600; forge mend ends it
//	forge asked N              since the last asked or wrote, the API was asked N times
//	forge wrote N              since the last asked or wrote, it was asked N times to change something
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, scriptParams(filepath.Join("..", "..", "testdata", "script")))
}

// scriptParams runs the scripts of a folder.
func scriptParams(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:               setUp,
		Condition: func(name string) (bool, error) {
			if name == "git" {
				// Where everything is installed, a program that lacks is a failure and no reason to skip.
				return gittest.Available() == nil || os.Getenv("CI") == "true", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"registry": startRegistry, "requests": checkRequests, "break": breakRegistry, "mend": mendRegistry,
			"remote": makeRemote, "pushes": checkPushes, "reads": checkReads, "refuse": refusePushes, "expand": expandFiles, "date": setDate,
			"githubapp": startGitHubApp, "tokens": checkTokens, "gittls": startGitTLS, "proxy": startProxy, "proxied": checkProxied, "push": pushImage, "unpush": removeTags, "meter": meterRegistry, "pulls": checkPulls, "verdicts": checkVerdicts,
			"forge": onForge, "chat": onChat, "mail": onMail,
			"freeport": freePort, "await": awaitAnswer, "awaitpushes": awaitPushes, "signal": signalAll, "post": post,
			"earlier": runEarlier, "event": sendEvent, "flood": flood,
		},
	}
}

// scene is what a script has started.
type scene struct {
	registry *registrytest.Registry
	git      *gittest.Server
	app      gitHubApp
	forge    *forgetest.Server
	chat     *notifytest.Chat
	mail     *notifytest.Mail
	front    http.Handler // Git and GitHub
	tls      string       // address of the one with TLS
	proxy    *connectProxy

	refs, objects int // what the Git server was asked for until the last reads
}

type sceneKey struct{}

func setUp(env *testscript.Env) error {
	root := filepath.Join(env.WorkDir, ".git-root")
	if err := os.Mkdir(root, 0o700); err != nil {
		return err
	}
	s := &scene{git: gittest.New(root)}
	front := http.NewServeMux()
	s.front = front
	front.Handle("/", s.git)
	front.Handle("POST "+appTokens, &s.app)
	url, err := serve(env, front)
	if err != nil {
		return err
	}
	env.Values[sceneKey{}] = s
	env.Setenv("GITROOT", root)
	env.Setenv("GITURL", url)
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
	env.Setenv("DOCKER_CONFIG", filepath.Join(env.WorkDir, ".docker"))
	env.Setenv("NO_COLOR", "1")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // a program with the race detector sleeps for a second when it ends, else
	return nil
}

// serve answers on loopback until the script ends.
func serve(env interface{ Defer(func()) }, h http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(listener)
	}()
	env.Defer(func() {
		server.Close()
		<-ended
	})
	return "http://" + listener.Addr().String(), nil
}

func sceneOf(ts *testscript.TestScript) *scene { return ts.Value(sceneKey{}).(*scene) }

// want stops a script that is written wrongly.
func want(ts *testscript.TestScript, neg, ok bool, usage string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	var options registrytest.Options
	if len(args) > 2 && args[0] == "-auth" {
		options.Auth.Scheme = registrytest.Bearer
		options.Auth.Username, options.Auth.Password, _ = strings.Cut(args[1], ":")
		args = args[2:]
	}
	if len(args) > 1 && args[0] == "-hub" {
		options.API.Hub = &registrytest.HubAPI{}
		args = args[1:]
	}
	want(ts, neg, len(args) == 1, "registry [-auth USER:PASSWORD] [-hub] FILE")
	var lists [][]string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lists = append(lists, fields)
			options.Auth.Private = append(options.Auth.Private, fields[0])
		}
	}
	r := registrytest.New(options)
	for _, list := range lists {
		r.Add(list[0], list[1:]...)
	}
	url, err := serve(ts, r)
	ts.Check(err)
	sceneOf(ts).registry = r
	ts.Setenv("REGISTRY", strings.TrimPrefix(url, "http://"))
}

func checkRequests(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2, "requests KIND N")
	counts := sceneOf(ts).registry.Counts()
	field := reflect.ValueOf(counts).FieldByName(strings.ToUpper(args[0][:1]) + args[0][1:])
	got := counts.Total()
	if args[0] != "total" {
		if !field.IsValid() {
			ts.Fatalf("unknown kind %q", args[0])
		}
		got = int(field.Int())
	}
	if strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s requests: got %d, want %s; all: %+v", args[0], got, args[1], counts)
	}
}

func breakRegistry(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2 || len(args) == 3, "break KIND STATUS [RETRY-AFTER]")
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	fault := registrytest.Fault{Status: status}
	if len(args) == 3 {
		fault.Header = http.Header{"Retry-After": {args[2]}}
	}
	sceneOf(ts).registry.Break(registrytest.Kind(args[0]), fault)
}

func mendRegistry(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 0, "mend")
	for _, kind := range []registrytest.Kind{registrytest.Ping, registrytest.Token, registrytest.List} {
		sceneOf(ts).registry.Break(kind, registrytest.Fault{})
	}
}

func makeRemote(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2, "remote NAME DIR")
	_, err := gittest.Create(remoteDir(ts, args[0]), filesOf(ts, args[1]))
	ts.Check(err)
}

func remoteDir(ts *testscript.TestScript, name string) string {
	return filepath.Join(ts.Getenv("GITROOT"), name+".git")
}

func checkPushes(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "pushes N")
	if _, pushes := sceneOf(ts).git.Count(gittest.ReceivePack); strconv.Itoa(pushes) != args[0] {
		ts.Fatalf("pushes: got %d, want %s", pushes, args[0])
	}
}

func checkReads(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2, "reads REFS OBJECTS")
	s := sceneOf(ts)
	refs, objects := s.git.Count(gittest.UploadPack)
	if got := fmt.Sprint(refs-s.refs, " ", objects-s.objects); got != strings.Join(args, " ") {
		ts.Fatalf("reads: got %s, want %s", got, strings.Join(args, " "))
	}
	s.refs, s.objects = refs, objects
}

func refusePushes(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2, "refuse NAME MESSAGE")
	repository := gittest.Repository{Dir: remoteDir(ts, args[0])}
	ts.Check(repository.Refuse(args[1]))
}

func expandFiles(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) > 0, "expand FILE...")
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), func(key string) string {
			if value := ts.Getenv(key); value != "" {
				return value
			}
			return "$" + key // the root of a target's key
		})
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

func setDate(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "date -AGE")
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	ts.Setenv("DATE", time.Now().Add(age).UTC().Format(time.RFC3339))
}
