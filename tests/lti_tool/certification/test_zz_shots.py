from tests.lti_tool.certification.test_desk_looks import *
import os
@pytest.mark.browser
def test_shots(chromium, scene):
    os.makedirs("/tmp/shots", exist_ok=True)
    page = chromium.new_page(viewport={"width":1280,"height":900})
    ph = chromium.new_page(viewport={"width":390,"height":844})
    dark = chromium.new_page(viewport={"width":1280,"height":900}, color_scheme="dark")
    urls = {"mine": "/cases", "all": "/cases?waiting=all", "ready": f"/cases/{scene.cases['ready']}", "warned": f"/cases/{scene.cases['warned']}", "own": f"/cases/{scene.cases['own']}",
      "second": f"/cases/{scene.cases['second']}", "register": "/register", "issued": f"/register/{scene.certificates['issued']}", "revoked": f"/register/{scene.certificates['revoked']}", "suspended": f"/register/{scene.certificates['suspended']}", "log": "/log", "health": "/health", "batch": f"/cases/approved/{scene.batch_id}"}
    for n,u in urls.items():
        page.goto(scene.url+u); page.screenshot(path=f"/tmp/shots/{n}.png", full_page=True)
        ph.goto(scene.url+u); ph.screenshot(path=f"/tmp/shots/{n}-390.png", full_page=True)
    dark.goto(scene.url+"/cases/"+str(scene.cases['warned'])); dark.screenshot(path="/tmp/shots/warned-dark.png", full_page=True)
    page.goto(scene.url+"/cases?waiting=approval"); page.get_by_role("button", name="Look at all").click(); page.screenshot(path="/tmp/shots/look.png", full_page=True)
    ph.goto(scene.url+"/cases?waiting=approval"); ph.get_by_role("button", name="Look at all").click(); ph.screenshot(path="/tmp/shots/look-390.png", full_page=True)
