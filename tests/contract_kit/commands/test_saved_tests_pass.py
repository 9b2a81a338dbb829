"""Tests that ``homeport save-test`` writes of real traffic pass on a fresh stack, twice, and see a changed answer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from homeport.contract.fixtures.stack import running_stack
from homeport.contract.har import from_har
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenRequest, mint
from tests.support.commands import homeport_here

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
SHOP = ROOT / "examples" / "shop"
ADMIN = {"Authorization": "Bearer local-admin"}
PARTNER = {"x-api-key": "local-partner-key"}
# A service whose answers name two properties otherwise.
RENAMED = """exact_json.dumps(response.body).replace('"name":', '"title":').replace('"quantity":', '"count":')"""
Send = Callable[..., requests.Response]


def project_of(source: Path, folder: Path) -> Path:
    """A project with the files of another; its recordings and tests are its own."""
    for name in ("openapi.yaml", "service", "deploy", "tests/contract/schemathesis.toml"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source / name)
    return folder


def ask_the_shop(send: Send, user: Callable[[str], dict[str, str]]) -> None:
    ada, guest = user("ada"), user("contract-run")
    mine, other = f"shade-{uuid.uuid4().hex[:6]}", f"shade-{uuid.uuid4().hex[:6]}"
    product = {"productId": mine, "category": "lamps", "name": "Lamp shade", "price": 1290}
    send("a seeded product", "GET", "/products/lamp-7", 200)
    send("no product", "GET", "/products/nothing", 404)
    send("a malformed id", "GET", "/products/UPPER", 400)
    send("a page of seeded products", "GET", "/products?category=lamps", 200)
    page = send("the first page", "GET", "/products?category=lamps&limit=1", 200).json()
    send("the second page", "GET", f"/products?category=lamps&limit=1&cursor={page['cursor']}", 200)
    send("a create with an id of the client's", "POST", "/admin/products", 201, product, ADMIN)
    send("the same id again", "POST", "/admin/products", 409, product, ADMIN)
    send("an invalid create", "POST", "/admin/products", 400, {"name": 5}, ADMIN)
    send("the created product", "GET", f"/products/{mine}", 200)
    send("more in stock", "POST", f"/admin/products/{mine}/stock", 200, {"change": 5}, ADMIN)
    changed = {"category": "lamps", "name": "Shade", "price": 990}
    send("a replaced product", "PUT", f"/admin/products/{mine}", 200, changed, ADMIN)
    send("the product after its changes", "GET", f"/products/{mine}", 200)
    send("", "POST", "/admin/products", 201, {**product, "productId": other}, ADMIN)
    send("a page with created products", "GET", "/products?category=lamps", 200)
    send("a seeded cart", "GET", "/cart", 200, None, guest)
    send("an empty cart", "GET", "/cart", 200, None, ada)
    send("nothing to check out", "POST", "/orders", 409, None, {**ada, "Idempotency-Key": "k-0"})
    send("a cart line of a seeded product", "PUT", "/cart/lamp-9", 200, {"quantity": 1}, ada)
    send("a line taken out", "DELETE", "/cart/lamp-9", 204, None, ada)
    send("a cart line of a created product", "PUT", f"/cart/{mine}", 200, {"quantity": 2}, ada)
    send("the cart with its line", "GET", "/cart", 200, None, ada)
    send("a line of no product", "PUT", "/cart/nothing", 404, {"quantity": 2}, ada)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    order = send("a checkout", "POST", "/orders", 201, None, {**ada, **key}).json()["orderId"]
    send("the checkout again", "POST", "/orders", 201, None, {**ada, **key})
    send("the order", "GET", f"/orders/{order}", 200, None, ada)
    send("the user's orders", "GET", "/orders", 200, None, ada)
    send("the order on its way", "PATCH", f"/admin/orders/{order}", 200, {"status": "packed"}, ADMIN)
    send("the orders by their status", "GET", "/admin/orders?status=packed", 200, None, ADMIN)
    send("the catalogue of a partner", "GET", "/feed?limit=2", 200, None, PARTNER)
    send("no key", "GET", "/feed", 403)
    send("a wrong key", "GET", "/feed", 403, None, {"x-api-key": "guess"})
    send("no token", "GET", "/cart", 401)
    send("a wrong token", "GET", "/cart", 401, None, {"Authorization": "nonsense"})
    send(
        "a token that the authorizer denies",
        "GET",
        "/admin/orders?status=packed",
        403,
        None,
        {"Authorization": "Bearer x1"},
    )


def ask_for_items(send: Send, user: Callable[[str], dict[str, str]]) -> None:
    mine = f"mine-{uuid.uuid4().hex[:6]}"
    first = send("a create", "POST", "/items", 201, {"name": "Lamp", "price": 24.9}).json()["itemId"]
    tag = send("the created item", "GET", f"/items/{first}", 200).headers["ETag"]
    match = {"If-Match": tag}
    new = send("a replacement of what it was", "PUT", f"/items/{first}", 200, {"name": "Desk lamp"}, match)
    send("a replacement of what it no longer is", "PUT", f"/items/{first}", 412, {"name": "Late"}, match)
    send("what the client has already", "GET", f"/items/{first}", 304, None, {"If-None-Match": new.headers["ETag"]})
    send("a change", "PATCH", f"/items/{first}", 200, {"price": 3})
    send("a create with an id", "POST", "/items", 201, {"itemId": mine, "name": "Widget"})
    send("the id again", "POST", "/items", 409, {"itemId": mine, "name": "Widget"})
    send("a put to a new path", "PUT", f"/items/{mine}-2", 201, {"name": "New"})
    send("a batch", "POST", "/items/batch-get", 200, {"itemIds": [first, mine]})
    send("a list", "GET", "/items", 200)
    page = send("the first page", "GET", "/items?limit=2", 200).json()
    send("the second page", "GET", f"/items?limit=2&cursor={page['cursor']}", 200)
    send("a list by status", "GET", "/items?status=active", 200)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    send("a create that can be repeated", "POST", "/items", 201, {"name": "Once"}, key)
    send("the repeated create", "POST", "/items", 201, {"name": "Once"}, key)
    send("a delete", "DELETE", f"/items/{first}", 204)
    send("the deleted item", "GET", f"/items/{first}", 404)
    send("an invalid item", "POST", "/items", 400, {"name": 5})
    send("no route", "GET", "/nothing", 404)


@pytest.mark.parametrize(
    ("source", "traffic"),
    [
        pytest.param(SHOP, ask_the_shop, id="shop", marks=pytest.mark.slow),
        pytest.param(ROOT, ask_for_items, id="items"),
    ],
)
def test_every_saved_test_passes_on_a_fresh_stack_and_once_more(
    source: Path, traffic: Callable[[Send, Callable[[str], dict[str, str]]], None], tmp_path: Path
) -> None:
    project = project_of(source, tmp_path / "project")
    recorded: dict[str, str] = {}
    with running_stack(project, ("--no-data", "--inspected"), state=project / ".homeport") as stack:
        key = signing_key(project / FOLDER)

        def user(name: str) -> dict[str, str]:
            return {"Authorization": mint(TokenRequest(name, "id"), key, now=time.time(), token_id=name)}

        def send(
            title: str, method: str, path: str, status: int, body: Any = None, headers: Mapping[str, str] | None = None
        ) -> requests.Response:
            reply = requests.request(method, stack.url + path, json=body, headers=headers, timeout=60)
            assert reply.status_code == status, (title, reply.status_code, reply.text)
            if title:
                name = re.sub(r"\W+", "_", title)
                recorded[name] = reply.headers.get("Apigw-Requestid") or reply.headers["x-amzn-RequestId"]
            return reply

        traffic(send, user)
    folder = project / "tests" / "contract"
    for name, id_ in recorded.items():
        done = homeport_here(project, "save-test", "--out", str(folder / f"test_{name}.py"), "--", id_)
        assert done.returncode == 0, (name, done.stderr)
    with running_stack(project) as fresh:
        for _ in range(2):
            ran = run_pytest(project, "--homeport-url", fresh.url)
            assert f"{len(recorded)} passed" in ran.stdout.splitlines()[-1], ran.stdout
    proxy = project / "service" / "proxy.py"
    (project / "service").unlink()
    shutil.copytree(source / "service", project / "service")
    proxy.write_text(proxy.read_text().replace("exact_json.dumps(response.body)", RENAMED))
    with running_stack(project) as changed:
        ran = run_pytest(project, "--homeport-url", changed.url)
        assert set(re.findall(r"FAILED \S+/test_(\w+)\.py", ran.stdout)) == names_of_bodies(project)


def names_of_bodies(project: Path) -> set[str]:
    """The saved tests that expect a name in a response of the service."""
    files = (project / "tests" / "contract").glob("test_*.har")
    expected = {file.stem: from_har(file.read_text())[-1].reply_body for file in files}
    return {name.removeprefix("test_") for name, body in expected.items() if re.search(rb'"(name|quantity)":', body)}


def run_pytest(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(project)]
    command += [str(project / "tests"), *options]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300, check=False)
