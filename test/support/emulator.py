"""Starts moto's server, which takes its options. Here requests take effect one after the other.

By itself it carries out simultaneous ones in threads, so that two conditional writes of one key can both succeed,
which AWS rules out. The body is read before a request's turn: one that comes slowly holds up no other.

What moto finds out anew for each request, a quarter of its work, is remembered: the modules in its folder, the service
of a host, and the methods of a class. A version of moto that does this elsewhere works as it is.
"""

import functools
import io
import threading

from moto import backends, server
from moto.core import responses
from moto.moto_server import werkzeug_app
from werkzeug.serving import WSGIRequestHandler

turn = threading.Lock()


def remember(owner, name, change=lambda function: function):
    function = getattr(owner, name, None)
    if function:
        setattr(owner, name, functools.cache(change(function)))


remember(backends, "list_of_moto_modules", lambda listing: lambda: tuple(listing()))
remember(getattr(werkzeug_app, "DomainDispatcherApplication", None), "get_backend_for_host")
remember(responses, "method_names_from_class")
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
