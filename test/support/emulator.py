"""Starts moto's server, which takes its options. Here requests take effect one after the other.

By itself it carries out simultaneous ones in threads, so that two conditional writes of one key can both succeed,
which AWS rules out. The body is read before a request's turn: one that comes slowly holds up no other. Connections
stay open, as AWS's do: the server that moto comes with closes each after one request.

What moto finds out anew for each request, a quarter of its work, is remembered: the modules in its folder, the service
of a host, and the methods of a class. DynamoDB's values, which are JSON already, are answered as they are: to look in
each for ten types under several names was half of the rest. A version of moto that does this elsewhere works as it is.
"""

import email.utils
import functools
import io
import socketserver
import sys
import threading
import urllib.parse

from moto import backends, server
from moto.core import responses, serialize
from moto.moto_server import werkzeug_app
from werkzeug.serving import DechunkedInput

turn = threading.Lock()


def alter(owner, name, change):
    function = getattr(owner, name, None)
    if function:
        setattr(owner, name, change(function))


def remember(owner, name, change=lambda function: function):
    alter(owner, name, lambda function: functools.cache(change(function)))


def values_as_they_are(serialize_structure):
    def serialized(self, wrapper, value, shape, key):
        if shape.name == "AttributeValue" and type(value) is dict:
            self._default_serialize(wrapper, value, shape, key)
        else:
            serialize_structure(self, wrapper, value, shape, key)

    return serialized


alter(serialize.BaseJSONSerializer, "_serialize_type_structure", values_as_they_are)
remember(backends, "list_of_moto_modules", lambda listing: lambda: tuple(listing()))
remember(getattr(werkzeug_app, "DomainDispatcherApplication", None), "get_backend_for_host")
remember(responses, "method_names_from_class")


class Connection(socketserver.StreamRequestHandler):
    """Serves a client's requests, one after the other, until the client ends the connection."""

    disable_nagle_algorithm = True

    def handle(self):
        try:
            while first := self.rfile.readline():
                self.serve(*first.decode("latin-1").split()[:2], self.headers())
        except ConnectionError:
            pass  # the client was cut off, or gave up

    def headers(self):
        headers = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.upper().replace("-", "_")] = value.strip()
        return headers

    def body(self, headers):
        if headers.pop("EXPECT", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("TRANSFER_ENCODING") == "chunked":
            return DechunkedInput(self.rfile).read()
        return self.rfile.read(int(headers.get("CONTENT_LENGTH", 0)))

    def serve(self, method, target, headers):
        body = self.body(headers)
        path, _, query = target.partition("?")
        host, port = self.server.server_address
        own = {name: headers.pop(name) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in headers}
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": target,
            "RAW_URI": target,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **own,
            **{f"HTTP_{name}": value for name, value in headers.items()},
        }
        told = []
        with turn:
            content = b"".join(self.server.app(environ, lambda *told_now: told.append(told_now)))
        status, answered = told[-1][:2]
        names = {name.lower() for name, _ in answered}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in answered)]
        if "date" not in names:
            lines.append(f"Date: {email.utils.formatdate(usegmt=True)}")
        if "content-length" not in names:
            lines.append(f"Content-Length: {len(content)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if method == "HEAD" else head + content)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(host, port, app, **_):
    with Server((host, port), Connection) as listening:
        listening.app = app
        print(f" * Running on http://{host}:{listening.server_address[1]}", file=sys.stderr)
        listening.serve_forever()


server.run_simple = serve
server.main()
