"""PyPI's python-gitlab against the GitLab double: projects, packages, pipelines, identity, errors. Prints one JSON object."""
import json
import os
import sys
import traceback

import gitlab
import requests

URL = os.environ["GITLAB_DOUBLE_URL"]
TOKENS = requests.get(URL + "/__double__/tokens").json()
CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


def control(method, name, **body):
    response = requests.request(method, f"{URL}/__double__/{name}", json=body)
    response.raise_for_status()
    return response.json()


def session(token="developer", **more):
    return gitlab.Gitlab(URL, private_token=TOKENS[token], **more)


def project(token="developer"):
    return session(token).projects.get("team/models")


def refused(action, error, status):
    try:
        action()
    except error as e:
        assert e.response_code == status, e.response_code
        return str(e)
    raise AssertionError("nothing was raised")


@check
def knows_who_and_where():
    gl = session("project-bot")
    gl.auth()
    assert gl.user.username == "developer"
    assert gl.version()[0].startswith(("17.", "18."))
    token = gl.personal_access_tokens.get("self")
    assert (token.active, token.scopes) == (True, ["api"])
    found = project()
    assert found.id == 4101 and found.permissions["project_access"]["access_level"] == 30
    assert session().projects.get(4102).path_with_namespace == "team/nested/deep.models"


@check
def tells_refusals_apart():
    assert "Project Not Found" in refused(lambda: session().projects.get("no/such"), gitlab.GitlabGetError, 404)
    refused(lambda: session("expired").auth(), gitlab.GitlabAuthenticationError, 401)
    refused(lambda: session("read-user").projects.get(4101), gitlab.GitlabGetError, 403)


@check
def walks_the_pages_of_packages():
    control("POST", "fill", prefix="paged", models=45, versions=1)
    pages = project().packages.list(iterator=True, per_page=20, package_name="paged-model", order_by="name")
    assert (pages.total, pages.total_pages, pages.per_page) == (45, 3, 20), (pages.total, pages.total_pages)
    names = [each.name for each in pages]
    assert names == [f"paged-model-{i:05}" for i in range(45)], names
    last = project().packages.list(get_all=True, package_name="paged", sort="desc", order_by="name", package_type="ml_model")
    assert (len(last), last[0].name) == (45, "paged-model-00044")


@check
def lists_and_deletes_package_files():
    control("POST", "fill", prefix="filed", models=1, versions=1)
    version = control("GET", "state")["versions"][-1]
    bearer = {"Authorization": "Bearer " + TOKENS["developer"]}
    address = f"{URL}/api/v4/projects/4101/packages/ml_models/{version['id']}/files"
    for content in ("one", "two"):
        requests.put(f"{address}/dir/f.txt", data=content, headers=bearer).raise_for_status()
    files = project().packages.get(version["packageId"]).package_files.list(get_all=True)
    assert [(f.file_name, f.size) for f in files] == [("dir%2Ff.txt", 3)] * 2, files
    refused(lambda: files[1].delete(), gitlab.GitlabDeleteError, 403)
    owned = project("maintainer").packages.get(version["packageId"])
    owned.package_files.delete(files[1].id)
    assert requests.get(f"{address}/dir/f.txt", headers=bearer).text == "one"
    owned.delete()
    refused(lambda: project().packages.get(version["packageId"]), gitlab.GitlabGetError, 404)
    assert requests.put(f"{address}/g", data="x", headers=bearer).status_code == 400


@check
def triggers_and_follows_pipelines():
    place = project()
    pipeline = place.trigger_pipeline("main", TOKENS["trigger"], variables={"UID": "u-1"})
    assert [(v.key, v.value) for v in pipeline.variables.list(get_all=True)] == [("UID", "u-1")]
    assert pipeline.id in [each.id for each in place.pipelines.list(get_all=True, ref="main")]
    control("POST", "clock", advance=60_000)
    pipeline.refresh()
    assert (pipeline.status, pipeline.duration) == ("success", 7)
    assert {job.status for job in pipeline.jobs.list(get_all=True)} == {"success"}
    other = place.pipelines.create({"ref": "main", "variables": [{"key": "A", "value": "1"}]})
    other.cancel()
    assert place.pipelines.get(other.id).status == "canceled"
    refused(lambda: place.pipelines.create({"ref": "none"}), gitlab.GitlabCreateError, 400)


@check
def waits_when_told_to():
    control("POST", "rules", rules=[{
        "match": {"operation": "version"},
        "fault": {"kind": "status", "status": 429, "body": "Retry later", "headers": {"Retry-After": "0"}},
    }])
    assert session().version()[0] != "unknown"
    assert control("GET", "counts")["version"] >= 2


outcomes = {}
for name in sys.argv[1:] or CHECKS:
    try:
        CHECKS[name]()
        outcomes[name] = None
    except Exception:
        outcomes[name] = traceback.format_exc()
print(json.dumps(outcomes))
