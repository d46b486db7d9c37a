module "web" {
  nginx_image = "docker.io/nginx:1.25.3"   # {{ nothing }}
  tag=1.25.3
  tag = 1.25.3
  pinned = "1.25.3@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  "unclosed
}
last=v1.25.3-x