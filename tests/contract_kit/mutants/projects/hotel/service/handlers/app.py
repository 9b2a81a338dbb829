"""The hotel: one function behind all routes."""

from __future__ import annotations

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from service import bookings, db, proxy
from service.errors import Busy, HotelError
from service.proxy import Response
from service.validation import Call, check_request

log = logging.getLogger()


def list_bookings(call: Call) -> Response:
    status, page, size = call.query.get("status"), call.query["page"], call.query["per_page"]
    found = [one for one in bookings.every("booking") if status in (None, one["status"])]
    return Response(200, {"results": found[(page - 1) * size : page * size], "count": len(found)})


def create_booking(call: Call) -> Response:
    booking = bookings.create(call.body)
    return Response(201, booking, {"location": f"/bookings/{booking['id']}"})


def search_bookings(call: Call) -> Response:
    ids = call.body["ids"]
    found = {one["id"]: bookings.shown(one) for one in db.read(ids)}
    here, missing = [found[id_] for id_ in ids if id_ in found], [id_ for id_ in ids if id_ not in found]
    return Response(200, {"results": here, "notFound": missing})


def get_booking(call: Call) -> Response:
    return Response(200, bookings.get(call.path["bookingId"]))


def replace_booking(call: Call) -> Response:
    return Response(200, bookings.replace(call.path["bookingId"], call.body))


def delete_booking(call: Call) -> Response:
    bookings.delete(call.path["bookingId"])
    return Response(204)


def confirm_booking(call: Call) -> Response:
    return Response(200, bookings.move(call.path["bookingId"], "confirmed", "held"))


def cancel_booking(call: Call) -> Response:
    return Response(200, bookings.move(call.path["bookingId"], "cancelled", "held", "confirmed"))


def list_extras(call: Call) -> Response:
    bookings.get(call.path["bookingId"])
    return Response(200, bookings.every(f"extras {call.path['bookingId']}"))


def add_extra(call: Call) -> Response:
    return Response(201, bookings.add_extra(call.path["bookingId"], call.body))


def get_extra(call: Call) -> Response:
    return Response(200, bookings.get_extra(call.path["bookingId"], call.path["extraId"]))


def remove_extra(call: Call) -> Response:
    bookings.remove_extra(call.path["bookingId"], call.path["extraId"])
    return Response(204)


def get_settings(call: Call) -> Response:
    return Response(200, bookings.settings())


def change_settings(call: Call) -> Response:
    return Response(200, bookings.settings(call.body))


ROUTES = {
    "GET /bookings": ("listBookings", list_bookings),
    "POST /bookings": ("createBooking", create_booking),
    "POST /bookings/search": ("searchBookings", search_bookings),
    "GET /bookings/{bookingId}": ("getBooking", get_booking),
    "PUT /bookings/{bookingId}": ("replaceBooking", replace_booking),
    "DELETE /bookings/{bookingId}": ("deleteBooking", delete_booking),
    "POST /bookings/{bookingId}/confirm": ("confirmBooking", confirm_booking),
    "POST /bookings/{bookingId}/cancel": ("cancelBooking", cancel_booking),
    "GET /bookings/{bookingId}/extras": ("listExtras", list_extras),
    "POST /bookings/{bookingId}/extras": ("addExtra", add_extra),
    "GET /bookings/{bookingId}/extras/{extraId}": ("getExtra", get_extra),
    "DELETE /bookings/{bookingId}/extras/{extraId}": ("removeExtra", remove_extra),
    "GET /settings": ("getSettings", get_settings),
    "PATCH /settings": ("changeSettings", change_settings),
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request by its route."""
    operation, answer = ROUTES[event["routeKey"]]
    try:
        response = answer(check_request(operation, proxy.read_event(event)))
    except HotelError as error:
        response = Response(error.status, error.body())
    except (ClientError, BotoCoreError, TimeoutError):
        log.exception("the database")
        response = Response(503, Busy("The database is busy. Try again.").body())
    except Exception:
        log.exception("a bug")
        response = Response(500, HotelError("Something went wrong.").body())
    return proxy.reply(response)
