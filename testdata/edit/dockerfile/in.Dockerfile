# syntax=docker/nginx:1.25.3
# a comment
ARG BASE=nginx:1.25.3
ARG GO="golang:1.25-alpine"
ARG UNUSED=nginx:1.25.3 TAG=1.25.3
from --platform=$BUILDPLATFORM ${GO} AS Build
ARG BASE=nginx:1.25.2
RUN --mount=type=bind,from=nginx:1.25.3,target=/x true
RUN <<EOF cat <<-"END" > /x
FROM nginx:1.25.3
EOF
	FROM nginx:1.25.3
	END
RUN echo "FROM nginx:1.25.3" \
# FROM nginx:1.25.3

FROM nginx:1.25.3
RUN echo 1 << 2

FROM $BASE
FROM \
  # which one
  --platform=linux/amd64 \
    alpine:3.21 \
  AS final
FROM nginx:1.25.3 as nginx
FROM nginx
COPY --from=build /a /b
COPY --link --from=docker.io/library/nginx:1.25.3 --chown=1 /a /b
COPY --from=0 /a /b
FROM nginx:${TAG}
FROM scratch
FROM build
FROM "alpine:3.21@sha256:1111111111111111111111111111111111111111111111111111111111111111"
	FROM   'nginx:1.25.3'   AS	x
FROM nginxinc/nginx:1
FROM ngi\
nx:1.25.3
COPY nginx:1.25.3 --from=nginx:1.25.3