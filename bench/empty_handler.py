"""The floor of a sign-up: a Tornado handler that reads a form and sends on. `... PORT`."""

import asyncio
import sys

import tornado.web


class Send(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish("x")

    def post(self) -> None:
        self.get_body_argument("name")
        self.redirect("/", status=303)


async def main(port: int) -> None:
    tornado.web.Application([("/", Send)]).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
