# Sluice as one image: web, worker, sweeper, migrations and guard are commands of it.
#   docker build -t sluice .
# Where no public registry or index is reachable: --build-arg BASE=… (a Debian 12 with python3.11, pip, git and tini),
# wheels in ./wheels, and --build-arg INDEX="--no-index --find-links wheels".
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS parts
ARG INDEX=""
WORKDIR /build
COPY requirements/image.lock wheel[s] ./wheels/
RUN python3.11 -m pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes --target /parts \
    ${INDEX} -r wheels/image.lock

FROM ${BASE}
RUN command -v git tini >/dev/null || { apt-get update \
    && apt-get install -y --no-install-recommends git ca-certificates openssh-client tini && rm -rf /var/lib/apt/lists/*; }
RUN mkdir /home/sluice && chown 10001:10001 /home/sluice
COPY --from=parts /parts /parts
# Jobs get an environment of their own, without PYTHONPATH: Python itself has to know where everything is.
RUN python3.11 -c "import sysconfig as s, pathlib as p; here = p.Path(s.get_path('purelib')); \
    here.mkdir(parents=True, exist_ok=True); (here / 'sluice.pth').write_text('/sluice\n/parts\n')"
WORKDIR /sluice
COPY pipeline pipeline
COPY runners runners
COPY web web
COPY cli cli
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SLUICE_HOME=/home/sluice
USER 10001:10001
EXPOSE 8080
# What runs under a worker may leave processes behind: the first process takes them in.
ENTRYPOINT ["tini", "--", "python3.11", "-m"]
CMD ["gunicorn", "-c", "python:web.gunicorn_conf", "web:create_app()"]
