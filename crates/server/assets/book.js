// The booking page in a browser with scripts: the focus after a step, and what a host page is told of a frame.
(function () {
  "use strict";
  var root = document.documentElement, framed = window.parent !== window, told = "", high = 0;
  if (framed) root.classList.add("framed");

  // The host page learns how high the page is and how far the visitor is, and nothing else. Whoever may frame the page is
  // said by its Content-Security-Policy, so any parent may hear it.
  function tell() {
    var page = document.getElementById("page");
    if (!framed || !page) return;
    var height = Math.ceil(page.getBoundingClientRect().height), stage = page.getAttribute("data-stage");
    if (height !== high) parent.postMessage({ type: "frontdesk", height: (high = height) }, "*");
    if (stage && stage !== told) parent.postMessage({ type: "frontdesk", stage: (told = stage) }, "*");
  }

  function watch() {
    tell();
    var page = document.getElementById("page");
    if (framed && page && window.ResizeObserver) new ResizeObserver(tell).observe(page);
  }

  function offline(text) {
    var place = document.getElementById("offline");
    if (place) place.textContent = text;
  }

  // A screen reader goes on where the new step begins; errors come first.
  document.addEventListener("htmx:afterSettle", function () {
    var place = document.querySelector("#page [autofocus]") || document.querySelector("#page h1");
    if (place) place.focus({ preventScroll: !place.hasAttribute("autofocus") });
    document.documentElement.lang = document.querySelector("#page").lang || root.lang;
    if (framed) parent.postMessage({ type: "frontdesk", top: true }, "*");
    watch();
  });
  document.addEventListener("htmx:beforeRequest", function () { offline(""); });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { offline(document.body.getAttribute("data-offline")); });
  });
  // What a browser without scripts does by "autofocus" when the page loads; Safari does not do it for every element.
  document.addEventListener("DOMContentLoaded", function () {
    var place = document.querySelector("#page [autofocus]");
    if (place) place.focus();
    watch();
  });
})();
