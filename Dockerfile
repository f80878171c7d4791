# The service without root. Pinned base, pinned and hashed wheels, nothing is built; the code lies beside the environment.
# docker build -t ipr-service .   (compose.yaml shows a whole deployment)

FROM python:3.11.14-slim-bookworm AS environment
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /opt/ipr
COPY requirements-server.txt .
RUN python -m pip --python /opt/ipr/bin/python install -q --require-hashes --only-binary :all: -r requirements-server.txt

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/ipr --create-home ipr \
    && install -d -o ipr -g ipr -m 0700 /var/lib/ipr /var/lib/ipr-keys
COPY --from=environment /opt/ipr /opt/ipr
COPY migrations /srv/ipr/migrations
COPY agreement_templates /srv/ipr/agreement_templates
COPY demo /srv/ipr/demo
COPY wsgi.py /srv/ipr/
COPY ipr_service /srv/ipr/ipr_service
RUN printf '#!/opt/ipr/bin/python -P\nfrom ipr_service.__main__ import main\n\nmain()\n' > /opt/ipr/bin/ipr \
    && chmod 0755 /opt/ipr/bin/ipr \
    && /opt/ipr/bin/python -m compileall -q /srv/ipr
ENV PATH=/opt/ipr/bin:$PATH PYTHONPATH=/srv/ipr PYTHONUNBUFFERED=1 IPR_DATA_DIR=/var/lib/ipr IPR_KEYS_DIR=/var/lib/ipr-keys IPR_LISTEN=0.0.0.0:8000
WORKDIR /var/lib/ipr
USER ipr
VOLUME /var/lib/ipr /var/lib/ipr-keys
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["ipr", "serve"]
