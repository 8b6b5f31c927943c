"""A browser for `webbrowser.open`: walks through login and consent as `sales`, up to the client's callback."""

import sys

import httpx2

from person import Person

with Person("sales") as person:
    callback = person.authorize(sys.argv[1])
httpx2.get(callback.url, timeout=30)
