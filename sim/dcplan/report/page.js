"use strict";
/* Draws every figure from the JSON beside it: at once, and again when the window becomes narrow, wide or paper. */
(function () {
  const narrow = window.matchMedia("(max-width: 999px)");
  const config = { responsive: true, displaylogo: false, typesetMath: false, showTips: false, doubleClick: "reset" };
  const paper = 680; // px that fit the width of a page
  let printing = false;

  function draw(div, small, width) {
    const stored = JSON.parse(document.getElementById(div.id + "-data").textContent);
    const figure = (small && stored.narrow) || stored.wide;
    div.parentElement.querySelector("figcaption").textContent = figure.caption;
    const layout = small ? smaller(figure.layout) : figure.layout;
    if (width) {
      layout.width = width;
      layout.height *= stored.narrow || layout.height < 400 ? 1 : 0.64; // so that two fit on a page
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

  function drawAll() {
    for (const div of document.querySelectorAll(".chart")) {
      draw(div, printing || narrow.matches, printing ? paper : 0);
    }
  }

  function print(now) {
    printing = now;
    drawAll();
  }

  drawAll();
  narrow.addEventListener("change", drawAll);
  window.addEventListener("beforeprint", function () { print(true); });
  window.addEventListener("afterprint", function () { print(false); });
})();
