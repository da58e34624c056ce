"""Single contacts, their tags; attributes and tags there are."""

from __future__ import annotations

from typing import Any

from django.db import connection as django_connection
from django.http import HttpRequest, HttpResponse
from ninja import Router

from xinfeng.contacts import actions, reads
from xinfeng.contacts.finding import find_by_external_ids, find_by_phone_indexes
from xinfeng.contacts.models import Attribute as DeclaredAttribute
from xinfeng.contacts.models import Contact as ContactModel
from xinfeng.contacts.models import ContactState, Gender, Tier
from xinfeng.contacts.records import ContactRecord
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.intake.editing import edit_contact
from xinfeng.integrations.api import shapes
from xinfeng.integrations.api.door import Needs, actor_of, address_of, may_reveal, write
from xinfeng.integrations.ingest.contacts import Reader
from xinfeng.integrations.problems import missing_scope
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import Carrier, parse_mainland
from xinfeng.kernel.time import utc_now

router = Router(tags=["contacts"])


@router.post(
    "/contacts/find",
    auth=Needs("contacts:read"),
    operation_id="findContact",
    summary="Find a contact by number or external id",
    response=shapes.Contact,
)
def find_contact(request: HttpRequest, whom: shapes.FindIn, reveal: bool = False) -> dict[str, Any]:
    """A POST, so that numbers stay out of addresses and logs. 404 when there is nobody."""
    if (whom.phone is None) == (whom.external_id is None):
        raise InvalidInput("contact.find_by_one")
    with bulk_transaction() as connection:
        contact_id = _found(connection, whom)
    if contact_id is None:
        raise NotFound("contact.unknown_to_api")
    return shown(request, contact_id, reveal=reveal)


def _found(connection: Connection, whom: shapes.FindIn) -> int | None:
    if whom.phone is not None:
        index = vault().phone_index(parse_mainland(whom.phone))
        return find_by_phone_indexes(connection, [index]).get(index)
    assert whom.external_id is not None
    return find_by_external_ids(connection, [whom.external_id]).get(whom.external_id)


@router.get(
    "/contacts/{contact_id}",
    auth=Needs("contacts:read"),
    operation_id="getContact",
    summary="Read a contact",
    response=shapes.Contact,
)
def get_contact(request: HttpRequest, contact_id: shapes.PathId, reveal: bool = False) -> dict[str, Any]:
    """`reveal=true` shows number, name and sensitive attributes in the clear; it needs the scope `contacts:reveal`
    and the header `X-Reveal-Reason`, and is audited. Merged contacts answer with who speaks for them now."""
    return shown(request, contact_id, reveal=reveal)


@router.patch(
    "/contacts/{contact_id}",
    auth=Needs("contacts:write"),
    operation_id="changeContact",
    summary="Change a contact",
    response=shapes.Contact,
)
def change_contact(
    request: HttpRequest, contact_id: shapes.PathId, change: shapes.ContactPatch
) -> HttpResponse:
    """Only what is stated is changed. Another number brings what is known about that number with it."""
    contact_id = alive(contact_id)
    now = utc_now()
    record = _record(change)
    actor = actor_of(request)

    def do(_: Connection) -> Any:
        edit_contact(contact_id, record, clear=change.clear, actor=actor, now=now)
        return _checked(shown(request, contact_id, reveal=False))

    return write(request, do, about=contact_id)


def _record(change: shapes.ContactPatch) -> ContactRecord:
    row: Any = {"external_id": "-", **change.model_dump(exclude_none=True, exclude={"clear"})}
    record = Reader(utc_now()).record(row)
    return record if change.external_id is not None else record._replace(external_id=None)


@router.post(
    "/contacts/{contact_id}/tags",
    auth=Needs("contacts:write"),
    operation_id="changeTags",
    summary="Put tags on and take them off",
    response=shapes.TagsOut,
)
def change_tags(request: HttpRequest, contact_id: shapes.PathId, tags: shapes.TagsIn) -> HttpResponse:
    """A tag that does not exist yet is made. The answer names those that changed something."""
    contact_id = alive(contact_id)
    actor, now = actor_of(request), utc_now()

    def do(_: Connection) -> shapes.TagsOut:
        put = [
            name
            for name in tags.put
            if actions.put_tag(contact_id, name, actor=actor, now=now, reason=tags.reason)
        ]
        taken = [
            name
            for name in tags.take
            if actions.take_tag(contact_id, name, actor=actor, now=now, reason=tags.reason)
        ]
        return shapes.TagsOut(put=put, taken=taken)

    return write(request, do, about=contact_id)


@router.get(
    "/tags",
    auth=Needs("contacts:read"),
    operation_id="listTags",
    summary="List tags",
    response=list[shapes.Tag],
)
def list_tags(request: HttpRequest) -> list[dict[str, str]]:
    """Every tag there is, by name."""
    return [{"name": one.name, "kind": one.kind} for one in reads.tags()]


@router.get(
    "/attributes",
    auth=Needs("contacts:read"),
    operation_id="listAttributes",
    summary="List attributes",
    response=list[shapes.Attribute],
)
def list_attributes(request: HttpRequest) -> list[dict[str, Any]]:
    """The custom attributes that are declared."""
    return [_attribute(one) for one in DeclaredAttribute.objects.order_by("id")]


@router.post(
    "/attributes",
    auth=Needs("contacts:write"),
    operation_id="declareAttribute",
    summary="Declare an attribute",
    response={201: shapes.Attribute},
)
def declare_attribute(request: HttpRequest, attribute: shapes.AttributeIn) -> HttpResponse:
    """From then on it may be written, shown and used in segments. It cannot be taken back through the API."""
    actor = actor_of(request)

    def do(_: Connection) -> dict[str, Any]:
        return _attribute(actions.declare_attribute(**attribute.model_dump(), actor=actor))

    return write(request, do, created=True)


def _attribute(one: DeclaredAttribute) -> dict[str, Any]:
    names = ("key", "label", "label_en", "kind", "choices", "sensitive")
    return {name: getattr(one, name) for name in names}


def alive(contact_id: int) -> int:
    """Who speaks for this contact now. Raises NotFound `contact.unknown`."""
    found = ContactModel.objects.filter(pk=contact_id).exclude(state=ContactState.ERASED)
    row = found.values_list("id", "merged_into").first()
    if row is None:
        raise NotFound("contact.unknown", id=contact_id)
    return row[1] or row[0]


def shown(request: HttpRequest, contact_id: int, *, reveal: bool) -> dict[str, Any]:
    """A contact as the API shows her. Raises NotFound `contact.unknown`, NotAllowed and InvalidInput for revealing."""
    contact_id = alive(contact_id)
    card = reads.contact_card(contact_id)
    attributes = {one.key: one.value for one in card.attributes if one.value is not None}
    phone, name = card.row.phone, card.row.name
    if reveal:
        seen = _revealed(request, contact_id)
        phone, name = seen.phone, seen.name
        attributes |= seen.attributes
    row = card.row
    return {
        "id": row.id,
        "external_id": row.external_id,
        "phone": phone,
        "name": name,
        "revealed": reveal,
        "gender": Gender(row.gender).name.lower(),
        "birthday": card.birthday,
        "province": row.province,
        "city": row.city,
        "carrier": Carrier(row.carrier).name.lower(),
        "language": card.language,
        "level": row.level,
        "tier": Tier(row.tier).name.lower(),
        "tags": list(row.tags),
        "attributes": attributes,
        "joined_at": row.joined_at,
        "created_at": card.created_at,
        "updated_at": row.updated_at,
    }


def _revealed(request: HttpRequest, contact_id: int) -> reads.Revealed:
    if not may_reveal(request):
        raise missing_scope("contacts:reveal")
    reason = _utf8(request.headers.get("X-Reveal-Reason", "")).strip()
    if not reason:
        raise InvalidInput("contact.reveal_needed")
    return reads.reveal(contact_id, actor=actor_of(request), reason=reason[:200], address=address_of(request))


def _utf8(header: str) -> str:
    """Django reads headers as Latin-1; people write reasons in UTF-8."""
    return header.encode("latin-1", "replace").decode("utf-8", "replace")


def _checked(given: dict[str, Any]) -> shapes.Contact:
    return shapes.Contact.model_validate(given)


def database_answers() -> bool:
    """Whether PostgreSQL answers; raises OperationalError when not."""
    with django_connection.cursor() as cursor:
        cursor.execute("select 1")
        return bool(cursor.fetchone() == (1,))
