package hook

import (
	"regexp"
	"strings"
)

// ecrEvent is what EventBridge sends for ECR.
type ecrEvent struct {
	DetailType string `json:"detail-type"`
	Source     string `json:"source"`
	Account    string `json:"account"`
	Region     string `json:"region"`
	Detail     struct {
		Result         string `json:"result"`
		ActionType     string `json:"action-type"`
		RepositoryName string `json:"repository-name"`
		ImageTag       string `json:"image-tag"`
	} `json:"detail"`
}

var (
	awsAccount = regexp.MustCompile(`^[0-9]{12}$`)
	awsRegion  = regexp.MustCompile(`^[a-z0-9-]{3,40}$`)
)

func readECR(m message) (Delivery, error) {
	var e ecrEvent
	if err := decode(m.body, &e); err != nil {
		return Delivery{}, err
	}
	pushed := e.Source == "aws.ecr" && e.DetailType == "ECR Image Action" && e.Detail.ActionType == "PUSH" && e.Detail.Result == "SUCCESS"
	if !pushed || !awsAccount.MatchString(e.Account) || !awsRegion.MatchString(e.Region) {
		return Delivery{}, nil
	}
	host := e.Account + ".dkr.ecr." + e.Region + ".amazonaws.com"
	if strings.HasPrefix(e.Region, "cn-") {
		host += ".cn"
	}
	var g gathering
	g.push(host, e.Detail.RepositoryName, e.Detail.ImageTag)
	return g.delivery(), nil
}
