# Charrette as one image for web and worker. Not built in the test run, which has no container engine.
FROM node:24-bookworm-slim AS pages
WORKDIR /charrette/app/frontend
COPY app/frontend/package.json app/frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY app/frontend ./
RUN npm run build

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /charrette
COPY requirements.lock requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock \
    && pip install --no-cache-dir --require-hashes --no-deps -r requirements-build.lock
COPY pyproject.toml LICENSE ./
COPY app app
COPY challenges challenges
COPY judging judging
COPY templates templates
COPY --from=pages /charrette/app/static app/static
RUN pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable . \
    && useradd --create-home --uid 10001 charrette \
    && install --directory --owner=charrette /data
USER charrette
VOLUME /data
EXPOSE 8000
CMD ["charrette", "serve"]
