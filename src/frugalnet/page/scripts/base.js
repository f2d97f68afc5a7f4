"use strict";
// Libraries are packed into the page. `load` unpacks one when it is first needed and returns it as a module.
const loaded = {};
const load = name => loaded[name] ??= (async () => {
  const packed = document.getElementById(`library-${name}`).textContent;
  const bytes = Uint8Array.from(atob(packed), character => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = new Blob([await new Response(unpacked).text()], { type: "text/javascript" });
  return import(URL.createObjectURL(code));
})();

// Call `action` with an element once it is shown and near the screen. What is folded is not shown.
const NEAR = "600px";
const whenNear = (element, action) => new IntersectionObserver((entries, observer) => {
  if (!entries.some(entry => entry.isIntersecting)) return;
  observer.disconnect();
  action(element);
}, { rootMargin: NEAR }).observe(element);

const made = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

addEventListener("beforeprint", () => document.querySelectorAll("details:not(.columns)").forEach(each => { each.open = true; }));
