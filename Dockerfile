# syntax=docker/dockerfile:1
FROM node:22-slim AS editor
WORKDIR /editor
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
RUN npm run build

FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY manage.py ./
COPY pipelit pipelit
COPY apps apps
COPY --from=editor /editor/dist frontend/dist
RUN /venv/bin/python -m whitenoise.compress --quiet frontend/dist
RUN SECRET_KEY=only-while-building FIELD_ENCRYPTION_KEY=only-while-building VAR_DIR=/tmp \
    /venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 pipelit && install -d -o pipelit -g pipelit /data
COPY --from=build /venv /venv
COPY --from=build --chown=root:root /app /app
WORKDIR /app
USER pipelit
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 VAR_DIR=/data PIPELIT_ENV=production
VOLUME /data
EXPOSE 8000
# one container with everything, the embedded Redis included; docker-compose.yml runs the processes apart
CMD ["python", "-m", "pipelit.supervisor"]
