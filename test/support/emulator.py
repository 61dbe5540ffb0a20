"""Starts moto's server, which takes its options. Here requests take effect one after the other.

By itself it carries out simultaneous ones in threads, so that two conditional writes of one key can both succeed,
which AWS rules out. The body is read before a request's turn: one that comes slowly holds up no other.

What moto finds out anew for each request, a quarter of its work, is remembered: the modules in its folder, the service
of a host, and the methods of a class.
"""

import functools
import io
import threading

from moto import backends, server
from moto.core import responses
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.serving import WSGIRequestHandler

turn = threading.Lock()
modules = tuple(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules
DomainDispatcherApplication.get_backend_for_host = functools.cache(DomainDispatcherApplication.get_backend_for_host)
responses.method_names_from_class = functools.cache(responses.method_names_from_class)
WSGIRequestHandler.log_request = lambda *_: None  # nobody reads it


def in_turns(app):
    def answer(environ, start_response):
        body = environ["wsgi.input"]
        length = environ.get("CONTENT_LENGTH")
        if length:
            content = body.read(int(length))
        else:
            content = body.read() if environ.get("wsgi.input_terminated") else b""
        environ["wsgi.input"] = io.BytesIO(content)
        with turn:
            return list(app(environ, start_response))

    return answer


serve = server.run_simple
server.run_simple = lambda host, port, app, **options: serve(host, port, in_turns(app), **options)
server.main()
