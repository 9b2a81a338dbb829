import requests


def test_a_task_lives_from_its_creation_to_its_end(api: str) -> None:
    created = requests.post(f"{api}/tasks", json={"title": "Read openapi.yaml"}, timeout=30)
    assert created.status_code == 201, created.text
    url = f"{api}/tasks/{created.json()['taskId']}"
    assert requests.get(url, timeout=30).json() == created.json()
    assert created.json() in requests.get(f"{api}/tasks?limit=100", timeout=30).json()["tasks"]
    assert requests.put(url, json={"title": "Change it", "done": True}, timeout=30).json()["done"] is True
    assert requests.delete(url, timeout=30).status_code == 204
    assert requests.get(url, timeout=30).status_code == 404
