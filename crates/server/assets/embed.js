// Frontdesk's embed: <script src="…/embed.js" data-location="paws-austin" async></script>
(function () {
  "use strict";
  var script = document.currentScript, data = script.dataset, home = new URL(script.src).origin;
  var spanish = /^es/i.test(document.documentElement.lang || navigator.language || "");
  var title = data.label || (spanish ? "Reservar una visita" : "Book a visit");

  // Where the visitor came from goes along, since a frame cannot see the host page's address.
  function address() {
    var url = new URL("/book/" + encodeURIComponent(data.location || ""), home), here = new URL(location.href);
    here.searchParams.forEach(function (value, name) { if (/^utm_/.test(name)) url.searchParams.set(name, value); });
    here.hash = "";
    url.searchParams.set("landing", here.href.slice(0, 1900));
    if (document.referrer) url.searchParams.set("referrer", document.referrer.slice(0, 1900));
    if (data.lang) url.searchParams.set("lang", data.lang);
    return url.href.length > 7000 ? url.href.split("?")[0] : url.href;
  }

  function frame(fills) {
    var one = document.createElement("iframe"), style = one.style;
    one.title = title;
    one.src = address();
    one.allow = "";
    style.cssText = "display:block;width:100%;border:0;color-scheme:light dark;" + (fills ? "height:100%" : "height:40rem");
    addEventListener("message", function (event) {
      var said = event.data;
      if (event.source !== one.contentWindow || event.origin !== home || !said || said.type !== "frontdesk") return;
      if (said.height && !fills) style.height = Math.min(said.height, 20000) + "px";
      if (said.top && !fills && one.getBoundingClientRect().top < 0) one.scrollIntoView();
      if (said.stage) tell(said.stage);
    });
    return one;
  }

  // For the host page's own scripts and its tag manager.
  function tell(stage) {
    window.postMessage({ type: "frontdesk", stage: stage, location: data.location }, location.origin);
    if (Array.isArray(window.dataLayer)) window.dataLayer.push({ event: "frontdesk_stage", frontdesk_stage: stage, frontdesk_location: data.location });
  }

  function button() {
    var one = document.createElement("a");
    one.href = address();
    one.target = "_blank";
    one.rel = "noopener";
    one.textContent = title;
    one.style.cssText = "display:inline-block;padding:14px 24px;border-radius:12px;font:600 17px/1.3 system-ui,sans-serif;text-decoration:none;color:#fff;background:" + (/^#[0-9a-f]{6}$/i.test(data.color || "") ? data.color : "#0d6557");
    if (data.ink && /^#[0-9a-f]{6}$/i.test(data.ink)) one.style.color = data.ink;
    one.addEventListener("click", function (event) {
      // On a phone the page itself is the better place; elsewhere the visitor stays on the host page.
      if (!window.HTMLDialogElement || innerWidth < 640 || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
    return one;
  }

  var dialog;
  function open() {
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.setAttribute("aria-label", title);
      dialog.style.cssText = "padding:52px 8px 8px;border:0;border-radius:16px;box-sizing:border-box;width:min(46rem,94vw);height:min(54rem,92vh);overflow:hidden;background:Canvas";
      var close = document.createElement("button");
      close.type = "button";
      close.textContent = "\u00d7";
      close.setAttribute("aria-label", spanish ? "Cerrar" : "Close");
      close.style.cssText = "position:absolute;top:4px;right:4px;width:44px;height:44px;border:0;border-radius:22px;font:24px/1 system-ui,sans-serif;color:CanvasText;background:Canvas;cursor:pointer";
      close.onclick = function () { dialog.close(); };
      dialog.append(frame(true), close);
      document.body.append(dialog);
    }
    dialog.showModal();
  }

  script.after(data.mode === "button" ? button() : frame());
})();
