// The theme puts a landmark without a name into each block of code: give it one.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([aria-label])")) {
    nav.setAttribute("aria-label", `Copy ${nav.closest("pre").id.replace("__code_", "code ")}`)
  }
}).observe(document.body, { childList: true, subtree: true })
