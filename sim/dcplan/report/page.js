"use strict";
/* Draws every figure from the JSON beside it: at once, and again when the window becomes narrow, wide or paper. */
(function () {
  const narrow = window.matchMedia("(max-width: 639px)");
  const config = { responsive: true, displaylogo: false, typesetMath: false, showTips: false, doubleClick: "reset" };
  const printedWidth = 690;

  function draw(div, small, width) {
    const stored = JSON.parse(document.getElementById(div.id + "-data").textContent);
    const figure = (small && stored.narrow) || stored.wide;
    const layout = small ? smaller(figure.layout) : figure.layout;
    if (width) {
      layout.width = width;
    }
    div.style.minHeight = layout.height + "px";
    const bar = { displayModeBar: small || width ? false : "hover" };
    return Plotly.react(div, figure.data, layout, Object.assign(bar, config));
  }

  function smaller(layout) {
    const margin = Object.assign({}, layout.margin, { l: 6, r: Math.min(12, (layout.margin || {}).r || 12) });
    const small = Object.assign({}, layout, { margin: margin, dragmode: false });
    for (const name of Object.keys(small)) {
      if (/^[xy]axis/.test(name)) {
        small[name] = Object.assign({ nticks: 5 }, small[name], { tickfont: { size: 11 } });
      }
    }
    return small;
  }

  function drawAll(small, width) {
    for (const div of document.querySelectorAll(".chart")) {
      draw(div, small, width);
    }
  }

  drawAll(narrow.matches);
  narrow.addEventListener("change", function (event) { drawAll(event.matches); });
  window.addEventListener("beforeprint", function () { drawAll(false, printedWidth); });
  window.addEventListener("afterprint", function () { drawAll(narrow.matches); });
})();
