"""A person at a browser that runs no scripts: reads pages, fills in forms, follows redirects, keeps cookies."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from program import PASSWORD

REDIRECT_LIMIT = 10


@dataclass
class Field:
    kind: str
    name: str
    value: str
    checked: bool = False


@dataclass
class Form:
    action: str
    method: str
    id: str = ""
    fields: list[Field] = field(default_factory=list)

    def names(self) -> set[str]:
        return {field.name for field in self.fields}

    def buttons(self) -> set[tuple[str, str]]:
        return {(field.name, field.value) for field in self.fields if field.kind == "submit"}

    def values(self, name: str) -> list[str]:
        return [field.value for field in self.fields if field.name == name]

    def submission(self, filled: dict[str, str | list[str]], button: tuple[str, str] | None) -> list[tuple[str, str]]:
        """What a browser sends: the successful controls, in the order of the page."""
        assert filled.keys() <= self.names(), f"the form has {self.names()}, not {filled.keys() - self.names()}"
        sent: list[tuple[str, str]] = []
        for item in self.fields:
            chosen = filled.get(item.name)
            if item.kind in ("submit", "button", "image", "reset"):
                if button == (item.name, item.value):
                    sent.append(button)
            elif item.kind in ("checkbox", "radio"):
                if item.checked if chosen is None else item.value in chosen:
                    sent.append((item.name, item.value))
            else:
                sent.append((item.name, item.value if chosen is None else str(chosen)))
        assert button is None or button in sent, f"there is no button {button} in {self.fields}"
        return sent


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.scripts = 0
        self._open: Form | None = None
        self._select: Field | None = None
        self._elsewhere: list[tuple[str, Field]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "script":
            self.scripts += 1
        elif tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower(), given.get("id", ""))
            self.forms.append(self._open)
        elif tag == "option" and self._select is not None:
            if not self._select.value or "selected" in given:
                self._select.value = given.get("value", "")
        elif "name" in given and "disabled" not in given:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text" if tag == "input" else tag).lower()
        value = given.get("value", "on" if kind in ("checkbox", "radio") else "")
        if tag not in ("input", "button", "select", "textarea"):
            return
        made = Field(kind, given["name"], value, "checked" in given)
        if tag == "select":
            self._select = made
        # A control may belong to another form than the one around it.
        if "form" in given:
            self._elsewhere.append((given["form"], made))
        elif self._open is not None:
            self._open.fields.append(made)

    def close(self) -> None:
        super().close()
        for owner, control in self._elsewhere:
            for form in self.forms:
                if form.id == owner:
                    form.fields.append(control)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@dataclass
class Page:
    url: str
    status: int
    headers: httpx2.Headers
    html: str

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        self.forms = reader.forms
        self.text = " ".join(" ".join(reader.words).split())
        self.scripts = reader.scripts

    def form_with(self, name: str) -> Form:
        found = [form for form in self.forms if name in form.names()]
        assert found, f"{self.url} ({self.status}) has no form with a field {name!r}: {self.text[:600]}"
        return found[0]

    def has(self, name: str) -> bool:
        return any(name in form.names() for form in self.forms)


@dataclass
class Callback:
    """Where the server sent the browser away to: the client's redirect URI."""

    url: str

    @property
    def parameters(self) -> dict[str, str]:
        lists = parse_qs(urlsplit(self.url).query, keep_blank_values=True)
        assert all(len(values) == 1 for values in lists.values()), f"a parameter is repeated in {self.url}"
        return {name: values[0] for name, values in lists.items()}


class Person:
    """Someone with an account, and a browser with a cookie jar of its own."""

    def __init__(self, login: str = "sales", password: str = PASSWORD) -> None:
        self.login = login
        self.password = password
        # Chromium counts a loopback origin as trustworthy and gives Secure cookies back to it; so does this jar.
        self.cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
        self.http = httpx2.Client(cookies=self.cookies, follow_redirects=False, timeout=30)
        self.visited: list[Page] = []
        self.codes: list[str] = []

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open(self, url: str) -> Page | Callback:
        return self._follow(self._request("GET", url), url)

    def submit(
        self, page: Page, form: Form, filled: dict[str, str | list[str]], button: tuple[str, str] | None = None
    ) -> Page | Callback:
        target = urljoin(page.url, form.action)
        assert form.method == "post", f"a form that changes something is sent by {form.method}"
        # Fetch, "append a request Origin header": under no-referrer a form post says null.
        policy = page.headers.get("referrer-policy", "").split(",")[-1].strip()
        origin = "null" if policy == "no-referrer" else _origin(page.url)
        answer = self._request("POST", target, data=form.submission(filled, button), origin=origin)
        return self._follow(answer, target)

    def sign_in(self, page: Page) -> Page | Callback:
        return self.submit(page, page.form_with("password"), {"login": self.login, "password": self.password})

    def decide(self, page: Page, decision: str = "allow", scopes: list[str] | None = None) -> Page | Callback:
        form = next(form for form in page.forms if ("decision", decision) in form.buttons())
        filled: dict[str, str | list[str]] = {} if scopes is None else {"scope": scopes}
        return self.submit(page, form, filled, ("decision", decision))

    def authorize(self, url: str, decision: str = "allow", scopes: list[str] | None = None) -> Callback:
        """The whole way of a person, from the client's link to the client's callback."""
        seen = self.open(url)
        if isinstance(seen, Page) and seen.has("password"):
            seen = self.sign_in(seen)
        if isinstance(seen, Page) and seen.has("decision"):
            seen = self.decide(seen, decision, scopes)
        assert isinstance(seen, Callback), f"stuck at {seen.url} ({seen.status}): {seen.text[:600]}"
        if code := seen.parameters.get("code"):
            self.codes.append(code)
        return seen

    def _request(self, method: str, url: str, data: list[tuple[str, str]] | None = None, origin: str = ""):
        headers = {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "en",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) EndToEnd",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "same-origin" if origin else "none",
        }
        if origin:
            headers["Origin"] = origin
        if data is None:
            return self.http.request(method, url, headers=headers)
        body = httpx2.QueryParams(data)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.http.request(method, url, content=str(body), headers=headers)

    def _follow(self, answer: httpx2.Response, url: str) -> Page | Callback:
        home = _origin(url)
        for _ in range(REDIRECT_LIMIT):
            if answer.status_code not in (301, 302, 303, 307, 308):
                page = Page(url, answer.status_code, answer.headers, answer.text)
                self.visited.append(page)
                return page
            # 307 and 308 would post the password on to wherever they lead.
            assert answer.request.method == "GET" or answer.status_code in (302, 303), answer.status_code
            url = urljoin(url, answer.headers["location"])
            if _origin(url) != home:
                return Callback(url)
            answer = self._request("GET", url)
        raise AssertionError(f"more than {REDIRECT_LIMIT} redirects, the last to {url}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
