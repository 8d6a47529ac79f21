# Builds the wheel from this tree, and an image with it that runs without root on a read-only file system. See docs/install.md.

FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make install \
    && .venv/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .
RUN python -m venv /opt/sekisho \
    && /opt/sekisho/bin/pip install --no-cache-dir --require-hashes --requirement requirements/core.lock \
    && /opt/sekisho/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore, for `sekisho backup`; not older than the server. Debian 12 has those of PostgreSQL 15.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 sekisho \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/sekisho --shell /usr/sbin/nologin sekisho \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/sekisho /etc/sekisho/keys /srv/heads /srv/backup
COPY --from=build /opt/sekisho /opt/sekisho
COPY ops/healthcheck.py /opt/sekisho/healthcheck.py
ENV PATH=/opt/sekisho/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME ["/var/lib/sekisho", "/etc/sekisho/keys", "/srv/heads", "/srv/backup"]
EXPOSE 8443 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "/opt/sekisho/healthcheck.py"]
ENTRYPOINT ["sekisho"]
CMD ["serve"]
