package hook

// dockerHubPush is what Docker Hub sends. Its callback_url is left alone: it is optional, and would have us send a
// request to wherever a forger wants.
type dockerHubPush struct {
	PushData struct {
		Tag string `json:"tag"`
	} `json:"push_data"`
	Repository struct {
		RepoName string `json:"repo_name"`
	} `json:"repository"`
}

func readDockerHub(m message) (Delivery, error) {
	var p dockerHubPush
	if err := decode(m.body, &p); err != nil {
		return Delivery{}, err
	}
	var g gathering
	g.push("docker.io", p.Repository.RepoName, p.PushData.Tag)
	return g.delivery(), nil
}
