"""What `hello` and `goodbye` say to a running service: one request, one answer.

The standard library's http.client reads the answer; nothing of the engine is imported. Failures
are ClientError with the exit code curl has for them:

     3  the URL cannot be used              28  the time was up
     6  the name was not found              35  the TLS handshake failed
     7  no connection                       52  the service closed without a word
     8  the answer's length is none         56  the answer was cut short or is not HTTP
    22  the status is 400 or above          60  the certificate is not to be trusted
    23  standard output cannot be written   77  what is to be trusted cannot be read
    26  standard input cannot be read
"""

from gomicro.client.request import exchange
from gomicro.client.target import Target, parse_url

__all__ = ["Target", "exchange", "parse_url"]
