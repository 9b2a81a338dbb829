"""Relations of functions with resources of services, as the diagram draws them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from homeport.inspector.diagram.drawing import diagram
from homeport.inspector.diagram.graph import build_graph
from homeport.inspector.diagram.links import node_links
from homeport.inspector.diagram.relations import machines_of, service_boxes, source_of, uses
from homeport.inspector.diagram.rows import route_rows
from homeport.project.load import load_project
from homeport.project.project import Project
from tests.support.parcels import write_parcels


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return load_project(write_parcels(tmp_path_factory.mktemp("parcels")), "local")


def test_triggers_come_from_the_resources_of_the_project(project: Project) -> None:
    found = {trigger.id: source_of(trigger, project.resources) for trigger in project.triggers.every}
    assert found["ShipMapping"] == "ShipQueue"
    assert found["StreamMapping"] == "ParcelsTable"
    assert found["NewsToShow"] == "News"
    assert found["Labels/0"] == "Labels"
    assert found["Nightly"] == "schedule parcels-local-Nightly"
    boxes = {box.id: box.kind for box in service_boxes(project.resources, project.triggers.every)}
    assert boxes["ShipQueue"] == "SQS" and boxes["schedule parcels-local-Nightly"] == "Schedule"
    assert "ParcelsTable" not in boxes and "NewsToShow" not in boxes


def test_functions_use_what_their_policies_allow(project: Project) -> None:
    functions = project.api.functions
    assert [use.text for use in uses(functions["index-parcel"], project.resources, project.stage)] == [
        "ShipQueue: SendMessage",
        "DeadQueue: SendMessage",
        "News: Publish",
    ]
    assert uses(functions["show-event"], project.resources, project.stage) == ()


def test_state_machine_names_its_function_exactly(project: Project) -> None:
    called = {name: machines_of(each, project.stage, project.resources) for name, each in project.api.functions.items()}
    assert called == {"add-parcel": (), "index-parcel": (), "ship-parcel": (), "show-event": ("Flow",)}


def test_diagram_leads_from_the_route_to_what_follows(project: Project) -> None:
    picture = ET.fromstring(
        diagram(build_graph(project.api, project.resources, project.stage, project.triggers.every), {})
    )
    texts = {text.text for text in picture.iter("text")}
    assert {"POST /parcels", "index-parcel", "invoked by ParcelsTable", "invoked by Flow", "ShipQueue", "SQS"} <= texts
    assert [path.get("class") for path in picture.iter("path")].count("invokes") == 7
    rows = route_rows(project.api, project.resources, project.stage, project.triggers.every)
    assert ("sqs ShipQueue", "ship-parcel") in [(row.route, row.function) for row in rows]


def test_every_box_leads_to_a_page(project: Project) -> None:
    graph = build_graph(project.api, project.resources, project.stage, project.triggers.every)
    links = node_links(graph, project.resources, "", lambda page, **values: f"/{page}?{values}")
    assert links.keys() == {node.id for node in graph.nodes}
    assert links["service:ShipQueue"] == "/services.show_queue?{'name': 'parcels-local-ShipQueue'}"
    picture = ET.fromstring(diagram(graph, links))
    names = {link.get("data-node"): "".join(link.itertext()) for link in picture.iter("a")}
    assert names["route:addParcel"].strip() == "POST /parcels"
    assert names["function:ship-parcel"].endswith(" invoked by ShipQueue")


def test_boxes_of_a_column_do_not_overlap(project: Project) -> None:
    graph = build_graph(project.api, project.resources, project.stage, project.triggers.every)
    boxes = [rect.attrib for rect in ET.fromstring(diagram(graph, {})).iter("rect")]
    for column in {box["x"] for box in boxes}:
        spans = sorted((int(box["y"]), int(box["height"])) for box in boxes if box["x"] == column)
        assert all(y + height < after for (y, height), (after, _) in pairwise(spans))
