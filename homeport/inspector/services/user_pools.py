"""User pools of Cognito: their users, groups and app clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.errors import HomeportError
from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    Action,
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_EMPTY = "No user pools. Write one into deploy/resources.yaml: Users: {Type: AWS::Cognito::UserPool}"
_NO_USERS = "No users. Add one below, or have somebody sign up."
_MOST = 60


def overview(site: SiteContext) -> ResourceList:
    """Return the user pools."""
    found = client(site, "cognito-idp").list_user_pools(MaxResults=_MOST).get("UserPools", [])
    rows = tuple(Row((Cell(each["Name"], url_for(".show_pool", id=each["Id"])), Cell(each["Id"]))) for each in found)
    return ResourceList("User pools", ("User pool", "Id"), rows, _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of user pools."""
    views = PageRegistry(pages)

    @views.page("/pools/<id>")
    def show_pool(id: str) -> ServicePage:
        cognito = client(site, "cognito-idp")
        pool = cognito.describe_user_pool(UserPoolId=id)["UserPool"]
        users = cognito.list_users(UserPoolId=id, Limit=_MOST).get("Users", [])
        groups = [each["GroupName"] for each in cognito.list_groups(UserPoolId=id).get("Groups", [])]
        return ServicePage(
            title=pool.get("Name", id),
            parents=(("Services", url_for(".show_all")),),
            facts=(("Id", id), ("ARN", pool.get("Arn", "")), ("Groups", ", ".join(groups))),
            listings=(_users(id, users), _clients(cognito, id)),
            forms=(_user_form(id, groups),),
        )

    @views.action("/pools/<id>/users")
    def add_user(id: str, sent: Mapping[str, Any]) -> Done:
        cognito, name = client(site, "cognito-idp"), text_of(sent, "name", "the user name")
        password = text_of(sent, "password", "the password")
        email = [{"Name": "email", "Value": str(sent["email"])}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(
            UserPoolId=id, Username=name, UserAttributes=email if sent.get("email") else [], MessageAction="SUPPRESS"
        )
        try:
            cognito.admin_set_user_password(UserPoolId=id, Username=name, Password=password, Permanent=True)
        except Exception:
            # Without a password that the pool takes nobody could sign in as this user.
            cognito.admin_delete_user(UserPoolId=id, Username=name)
            raise
        if sent.get("group"):
            cognito.admin_add_user_to_group(UserPoolId=id, Username=name, GroupName=str(sent["group"]))
        return Done(f"Added {name}, who can sign in now.")

    @views.action("/pools/<id>/users/delete")
    def delete_user(id: str, sent: Mapping[str, Any]) -> Done:
        name = text_of(sent, "name", "the user name")
        client(site, "cognito-idp").admin_delete_user(UserPoolId=id, Username=name)
        return Done(f"Deleted {name}.")

    @views.action("/pools/<id>/users/enable")
    def enable_user(id: str, sent: Mapping[str, Any]) -> Done:
        cognito, name = client(site, "cognito-idp"), text_of(sent, "name", "the user name")
        if sent.get("to") not in ("enable", "disable"):
            raise HomeportError("this is neither enable nor disable")
        change = cognito.admin_enable_user if sent["to"] == "enable" else cognito.admin_disable_user
        change(UserPoolId=id, Username=name)
        return Done(f"{name} is {sent['to']}d.")


def _user_form(id: str, groups: list[str]) -> ActionForm:
    fields = [
        FormField("name", "User name", required=True),
        FormField("password", "Password", kind="secret", required=True),
        FormField("email", "E-mail"),
    ]
    if groups:
        fields.append(FormField("group", "Group", kind="select", options=("", *groups)))
    return ActionForm("Add a user", url_for(".add_user", id=id), "Add", tuple(fields), "Confirmed, and sent no mail.")


def _users(id: str, found: list[Mapping[str, Any]]) -> ResourceList:
    rows = []
    for each in found:
        name, enabled = each["Username"], each.get("Enabled", True)
        attributes = {one["Name"]: one["Value"] for one in each.get("Attributes", [])}
        turn = "disable" if enabled else "enable"
        rows.append(
            Row(
                (
                    Cell(name),
                    Cell(each.get("UserStatus", "").lower().replace("_", " ") + ("" if enabled else ", disabled")),
                    Cell(attributes.get("email", "")),
                    Cell(attributes.get("sub", ""), kind="target"),
                ),
                (
                    Action(turn.title(), url_for(".enable_user", id=id), {"name": name, "to": turn}),
                    Action("Delete", url_for(".delete_user", id=id), {"name": name}, asks=True),
                ),
            )
        )
    return ResourceList("Users", ("User", "State", "E-mail", "Subject"), tuple(rows), _NO_USERS)


def _clients(cognito: Any, id: str) -> ResourceList:
    found = cognito.list_user_pool_clients(UserPoolId=id, MaxResults=_MOST).get("UserPoolClients", [])
    rows = tuple(Row((Cell(each["ClientName"]), Cell(each["ClientId"]))) for each in found)
    return ResourceList("App clients", ("App client", "Id"), rows, "No app clients: nobody can sign in without one.")
