"""A real mail server for tests (python3-aiosmtpd): prints its port, then each mail that it took as a line of JSON.

Arguments: starttls | tls, certificate, key, user, password. Ends with its standard input.
"""
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, certificate, key, user, password = sys.argv[1:6]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or mode == "tls",
            "login": session.authenticated,
            "data": base64.b64encode(envelope.original_content).decode(),
        }
        print(json.dumps(mail), flush=True)
        return "250 queued"


def authenticate(server, session, envelope, mechanism, data):
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=fits, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    options = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {"auth_require_tls": False}
    make = lambda: SMTP(Handler(), auth_required=True, authenticator=authenticate, **options)
    listen_tls = {"ssl": context} if mode == "tls" else {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, **listen_tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
