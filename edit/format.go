package edit

import "path"

// Format says by what rule a reference was found.
type Format string

// The formats.
const (
	Kubernetes    Format = "kubernetes"
	Kustomize     Format = "kustomize"
	Helm          Format = "helm"
	HelmRelease   Format = "helmrelease"
	ArgoCD        Format = "argocd"
	Compose       Format = "compose"
	Dockerfile    Format = "dockerfile"
	GitHubActions Format = "github-actions"
	GitLabCI      Format = "gitlab-ci"
	Marked        Format = "marker"
	Targeted      Format = "target"
)

// readDocument looks into a document by the rules of its format: what it says it is, else what its file's name says.
func (s *search) readDocument(root *node) {
	base := path.Base(s.file.Path)
	list, entry := imageEntries(root, isKustomization(base))
	switch {
	case s.syntax == dockerSyntax:
		s.findInDockerfile(root)
	case list != nil || entry != nil:
		s.findInKustomization(Kustomize, list, entry)
	case isObject(root):
		s.findInObject(root)
		s.findInHelmRelease(root)
		s.findInApplication(root)
	case isApplicationSource(base):
		s.findInSource(root)
	case isCompose(base):
		s.findInCompose(root)
	case isGitLabCI(base):
		s.findInGitLabCI(root)
	case isWorkflow(s.file.Path):
		s.findInWorkflow(root)
	case isValues(s.file):
		s.findInValues(Helm, root)
	}
}
