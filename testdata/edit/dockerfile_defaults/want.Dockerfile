ARG K=nginx:1.2
FROM ${K:-redis:7}
FROM ${L:-nginx:1.2}
FROM ${L-nginx}:1.2
FROM ${REGISTRY:-docker.io}/library/nginx:1.2
FROM ${K:+nginx:1.2}
FROM ${L:-redis:7} AS redis
FROM ${REGISTRY:-ghcr.io}/library/nginx-x:1.2
FROM nginx:${TAG:-1.2}
FROM nginx:1.3
