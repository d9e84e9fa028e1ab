// The copy-and-paste page: its copy buttons, which need a script to be of any use.
document.querySelectorAll(".copy").forEach(function (button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", function () {
    navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(function () {
      button.textContent = "Copied";
      setTimeout(function () { button.textContent = "Copy"; }, 2000);
    });
  });
});

// The look is as high as its page, as it will be on the website.
addEventListener("message", function (event) {
  var frame = document.querySelector("iframe");
  if (event.origin === location.origin && event.source === frame.contentWindow && event.data.height) {
    frame.style.height = event.data.height + 2 + "px";
  }
});
