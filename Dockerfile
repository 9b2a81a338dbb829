# The kit with this project's files, as docker-compose.yml runs it: the same processes as `make dev`, as a user without
# rights. Built in stages, so that development tools, pip's leftovers and compilers stay behind.
FROM python:3.13-slim AS wheels
COPY requirements.lock ./
RUN python -m pip wheel --quiet --no-cache-dir --no-deps --require-hashes --wheel-dir /wheels -r requirements.lock

FROM python:3.13-slim AS build
WORKDIR /build
COPY --from=wheels /wheels /wheels
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY homeport homeport
# Of the locked wheels those that the kit and its contract tests need.
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --quiet --no-cache-dir --no-index --find-links /wheels '.[test]'
COPY service/requirements.txt service/
ENV HOMEPORT_CACHE_DIR=/cache
RUN /venv/bin/homeport setup

FROM python:3.13-slim AS kit
RUN useradd --create-home --uid 10001 homeport \
    && mkdir -p /app && mkdir -m 0777 /app/.homeport /cache /data && chown homeport /app/.homeport /cache /data
COPY --from=build /venv /venv
COPY --from=build --chown=10001 /cache /cache
# The project is linked, not copied to where the kit looks for it: below a folder that is mounted whole, a file which an
# editor replaces is seen, and the kit's own files stay out of that folder.
WORKDIR /app
RUN for name in .env openapi.yaml openapi.yml openapi.json service deploy tests; do ln -s "/project/$name" .; done
COPY openapi.yaml /project/
COPY service /project/service
COPY deploy /project/deploy
COPY tests/contract /project/tests/contract
ENV PATH=/venv/bin:$PATH HOMEPORT_CACHE_DIR=/cache PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER homeport
VOLUME ["/app/.homeport", "/cache", "/data"]
EXPOSE 8080 8081
HEALTHCHECK --interval=2s --timeout=5s --start-period=60s --retries=5 \
    CMD ["python", "-m", "homeport.dev.running_instance"]
CMD ["homeport", "dev", "--host", "0.0.0.0"]
