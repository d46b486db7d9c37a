FROM nginx:1.27.4
COPY <<END-DOCKERFILE /a
FROM nginx:1.25.3
END-DOCKERFILE
COPY <<'A B' /b
FROM nginx:1.25.3
A B
COPY <<$X /c
FROM nginx:1.25.3
$X
RUN a \
  # <<EOF
  && b
FROM nginx:1.27.4
RUN <<EOF
FROM nginx:1.25.3
EOF
