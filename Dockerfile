# The kit with this project's files, as docker-compose.yml runs it: the same processes as `make dev`, without the
# embedded engine. Multi-stage, so that pip's leftovers and compilers stay behind.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.lock pyproject.toml hatch_build.py README.md LICENSE ./
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock \
    # 165 MB that drive a browser in the kit's own tests.
    && /venv/bin/python -m pip uninstall --quiet --yes playwright
COPY homeport homeport
RUN /venv/bin/python -m pip install --quiet --no-deps --no-build-isolation .
COPY service/requirements.txt service/
ENV HOMEPORT_CACHE_DIR=/cache
RUN /venv/bin/homeport setup --no-engine

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 homeport
COPY --from=build /venv /venv
COPY --from=build /cache /cache
WORKDIR /app
COPY openapi.yaml ./
COPY service service
COPY deploy deploy
COPY tests/contract tests/contract
RUN mkdir -p .homeport && chown homeport .homeport
ENV PATH=/venv/bin:$PATH HOMEPORT_CACHE_DIR=/cache PYTHONUNBUFFERED=1
USER homeport
EXPOSE 8080 8081
CMD ["homeport", "dev", "--host", "0.0.0.0"]
