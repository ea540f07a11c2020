"""Registered models: versions, aliases, stages, tags, searches."""
import mlflow
from runner import check, equal, refused


@check
def model_life(place):
    client = place.client()
    name = place.name
    client.create_registered_model(name, tags={"team": "blue"}, description="first")
    client.update_registered_model(name, "second")
    client.set_registered_model_tag(name, "k", "v")
    client.delete_registered_model_tag(name, "team")
    got = client.get_registered_model(name)
    equal((got.name, got.description, got.tags), (name, "second", {"k": "v"}))
    client.rename_registered_model(name, name + "-new")
    equal(client.get_registered_model(name + "-new").description, "second")
    client.create_model_version(name + "-new", "s3://bucket/x")
    client.delete_registered_model(name + "-new")
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.get_registered_model(name + "-new")
    client.create_registered_model(name + "-new")
    equal(int(client.create_model_version(name + "-new", "s3://bucket/x").version), 1)


@check
def version_life(place):
    client = place.client()
    name = place.name
    client.create_registered_model(name)
    first = client.create_model_version(name, "s3://bucket/a", tags={"t": "1"}, description="d")
    second = client.create_model_version(name, "s3://bucket/b")
    equal((int(first.version), int(second.version), first.status), (1, 2, "READY"))
    client.update_model_version(name, 1, "changed")
    client.set_model_version_tag(name, 1, "u", "2")
    client.delete_model_version_tag(name, 1, "t")
    got = client.get_model_version(name, 1)
    equal((got.description, got.tags, got.source), ("changed", {"u": "2"}, "s3://bucket/a"))
    equal(client.get_model_version_download_uri(name, 2), "s3://bucket/b")
    client.delete_model_version(name, 1)
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.get_model_version(name, 1)
    equal(int(client.create_model_version(name, "s3://bucket/c").version), 3)


@check
def aliases(place):
    client = place.client()
    name = place.name
    client.create_registered_model(name)
    for source in "ab":
        client.create_model_version(name, f"s3://bucket/{source}")
    client.set_registered_model_alias(name, "champion", 1)
    equal(int(client.get_model_version_by_alias(name, "champion").version), 1)
    client.set_registered_model_alias(name, "champion", 2)
    equal(int(client.get_model_version_by_alias(name, "champion").version), 2)
    equal({a: int(v) for a, v in client.get_registered_model(name).aliases.items()}, {"champion": 2})
    client.delete_registered_model_alias(name, "champion")
    client.delete_registered_model_alias(name, "champion")
    with refused("INVALID_PARAMETER_VALUE", 400):
        client.get_model_version_by_alias(name, "champion")
    for reserved in ["latest", "v1"]:
        with refused("INVALID_PARAMETER_VALUE", 400):
            client.set_registered_model_alias(name, reserved, 1)


@check
def stages(place):
    client = place.client()
    name = place.name
    client.create_registered_model(name)
    for source in "abc":
        client.create_model_version(name, f"s3://bucket/{source}")
    client.transition_model_version_stage(name, 1, "Production")
    client.transition_model_version_stage(name, 2, "production", archive_existing_versions=True)
    equal([client.get_model_version(name, v).current_stage for v in (1, 2, 3)], ["Archived", "Production", "None"])
    equal({v.current_stage: int(v.version) for v in client.get_latest_versions(name)}, {"Archived": 1, "Production": 2, "None": 3})
    equal([int(v.version) for v in client.get_latest_versions(name, ["Production"])], [2])


@check
def models_page_by_page(place):
    client = place.client()
    names = [f"{place.name}-{i:02d}" for i in range(12)]
    for i, name in enumerate(names):
        client.create_registered_model(name, tags={"parity": str(i % 2)})
    wanted = f"name LIKE '{place.name}%'"
    first = client.search_registered_models(wanted, max_results=5, order_by=["name DESC"])
    second = client.search_registered_models(wanted, max_results=5, order_by=["name DESC"], page_token=first.token)
    equal([m.name for m in first] + [m.name for m in second], names[:1:-1])
    equal(len(mlflow.search_registered_models(filter_string=f"{wanted} AND tags.parity = '0'")), 6)


@check
def versions_page_by_page(place):
    client = place.client()
    client.create_registered_model(place.name)
    for i in range(12):
        client.create_model_version(place.name, f"s3://bucket/{i}", tags={"parity": str(i % 2)})
    first = client.search_model_versions(f"name = '{place.name}'", max_results=5, order_by=["version_number ASC"])
    second = client.search_model_versions(f"name = '{place.name}'", max_results=5, order_by=["version_number ASC"], page_token=first.token)
    equal([int(v.version) for v in first] + [int(v.version) for v in second], list(range(1, 11)))
    equal(len(mlflow.search_model_versions(filter_string=f"name = '{place.name}' AND tags.parity = '1'")), 6)


@check
def prompts_are_hidden_models(place):
    client = place.client()
    prompt = mlflow.register_prompt(name=place.name, template="Say {{word}}", commit_message="first")
    equal(prompt.version, 1)
    equal(mlflow.load_prompt(f"prompts:/{place.name}/1").format(word="hi"), "Say hi")
    equal([m.name for m in client.search_registered_models(f"name = '{place.name}'")], [])
