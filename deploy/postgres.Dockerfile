# PostgreSQL 18 with pgvector from PostgreSQL's own packages, and pg_textsearch from a package that you name.
#   docker build -f deploy/postgres.Dockerfile -t citewell-postgres deploy
# Without the build argument the image has only pgvector, and Citewell uses its built-in BM25 for searches by words.
FROM postgres:18.1-bookworm
ARG TEXTSEARCH_DEB=""
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-18-pgvector=0.* \
    && if [ -n "$TEXTSEARCH_DEB" ]; then \
        apt-get install -y --no-install-recommends "$TEXTSEARCH_DEB" \
        && echo "shared_preload_libraries = 'pg_textsearch'" >> /usr/share/postgresql/postgresql.conf.sample; \
    fi \
    && rm -rf /var/lib/apt/lists/*
USER 999:999
HEALTHCHECK --interval=10s --timeout=3s --retries=6 CMD ["pg_isready"]
