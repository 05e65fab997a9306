"""Real proxies on loopback: tinyproxy, through which a gateway leaves a site; nginx, behind which a collector stands.

Each can be stopped and started again on its port. Use as contexts.
"""

import socket
import subprocess
import time

from tests.needs import require_program
from tests.ports import free_port

TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Timeout 60
Allow 127.0.0.1
MaxClients 20
LogLevel Connect
LogFile "{folder}/log"
BasicAuth {user} {password}
ConnectPort {to_port}
"""

NGINX = """\
daemon off;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        client_max_body_size {most};
        location / {{ proxy_pass http://127.0.0.1:{to_port}; proxy_http_version 1.1; }}
    }}
}}
"""


class _Proxy:
    """A program with a configuration of ours; `words` is its command line."""

    def __init__(self, folder, config, words):
        folder.mkdir(exist_ok=True)
        self._config, self._words, self._process = folder / "config", words, None
        self._config.write_text(config)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        """Run it and wait until it listens."""
        with open(self._config.with_name("said"), "ab") as said:
            self._process = subprocess.Popen([*self._words, str(self._config)], stdout=said, stderr=said)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                said = self._config.with_name("said").read_text()
                assert self._process.poll() is None and time.monotonic() < deadline, said
                time.sleep(0.05)

    def stop(self):
        """Gone, with every connection."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


class Tinyproxy(_Proxy):
    """A CONNECT proxy that lets `user` with `password` to one port and nobody else anywhere."""

    def __init__(self, folder, to_port, user, password):
        self.port, self.log = free_port(), folder / "log"
        config = TINYPROXY.format(port=self.port, folder=folder, user=user, password=password, to_port=to_port)
        super().__init__(folder, config, [require_program("tinyproxy", "tinyproxy"), "-d", "-c"])


class Nginx(_Proxy):
    """A reverse proxy that ends TLS with a certificate of ours before a plain collector on loopback."""

    def __init__(self, folder, to_port, certificate, key, most="1m"):
        self.port, self.access = free_port(), folder / "access.log"
        names = {"certificate": certificate, "key": key, "most": most}
        config = NGINX.format(port=self.port, to_port=to_port, folder=folder, **names)
        super().__init__(folder, config, [require_program("nginx", "nginx-light"), "-c"])
