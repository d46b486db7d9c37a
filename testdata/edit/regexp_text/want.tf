module "web" {
  nginx_image = "docker.io/nginx:1.27.4"   # {{ nothing }}
  tag=1.27.4
  tag = 1.27.4
  pinned = "1.27.4@sha256:2222222222222222222222222222222222222222222222222222222222222222"
  "unclosed
}
last=v1.27.4-x