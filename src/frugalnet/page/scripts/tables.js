// DataTables sorts, searches and hides columns. Numbers are sorted by `data-order`; what is not known comes last both ways.
const MANY_ROWS = 8; // from which on a table can be searched
const UNKNOWN = "\u2013";
const words = new Intl.Collator("en", { numeric: true });
const KINDS = {
  known: { pre: text => text === "" ? null : Number(text), compare: (a, b) => a - b || 0 },
  words: { pre: text => text === UNKNOWN ? null : text, compare: words.compare },
};
const last = (sign, compare) => (a, b) =>
  a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b);

const library = async () => {
  const { default: DataTable } = await load("datatables");
  for (const [kind, { pre, compare }] of Object.entries(KINDS))
    DataTable.type(kind, { order: { pre, asc: last(1, compare), desc: last(-1, compare) } });
  return DataTable;
};

// A menu with a box per column, which shows or hides it; the first column, which names the row, always stays.
const columnMenu = (api, heads) => {
  const boxes = heads.map((text, place) => {
    const box = made("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => api.column(place).visible(box.checked));
    return made("label", {}, box, ` ${text}`);
  });
  const menu = made("details", { className: "columns" },
    made("summary", {}, "Columns"), made("div", { className: "menu" }, ...boxes.slice(1)));
  menu.addEventListener("keydown", event => { if (event.key === "Escape") menu.open = false; });
  addEventListener("click", event => { if (!menu.contains(event.target)) menu.open = false; });
  return menu;
};

const enhance = table => table.enhanced ??= (async () => {
  const DataTable = await library();
  const heads = [...table.tHead.rows[0].cells], texts = heads.map(head => head.textContent);
  const many = table.tBodies[0].rows.length >= MANY_ROWS, frame = table.closest(".scroll");
  const api = new DataTable(table, {
    autoWidth: false,
    columns: heads.map(head => ({ type: head.classList.contains("text") ? "words" : "known" })),
    info: many,
    language: {
      aria: { orderable: ": sort upwards", orderableReverse: ": sort downwards", orderableRemove: ": order of the runs" },
      info: "_TOTAL_ rows", infoEmpty: "no row", infoFiltered: "of _MAX_", search: "Search", zeroRecords: "No row has this.",
    },
    layout: { topStart: many ? ["search", "info"] : null, topEnd: many ? () => columnMenu(new DataTable.Api(table), texts) : null,
      bottomStart: null, bottomEnd: null },
    order: [],
    paging: false,
  });
  const container = api.table().container();
  frame.before(container); // the table alone scrolls, not what stands above it
  table.before(frame);
  frame.append(table);
  return api;
})();

document.querySelectorAll("table.sortable").forEach(table => whenNear(table, enhance));

// Show those rows of a table whose names are in a set; null: all.
const UNFILTERED = "unfiltered"; // what a table tells a chart that filters it, when a row that it hid is asked for
const filter = async (table, names) => {
  const api = await enhance(table), rows = api.rows({ order: "index" }).nodes();
  api.search.fixed("chosen", names && ((text, data, place) => names.has(rows[place].id)));
  api.draw();
};

// Show a row by its name: unfold what it is in, end what hides it, and move the focus there.
const wanted = () => decodeURIComponent(location.hash.slice(1));
const showRow = async name => {
  let row = document.getElementById(name);
  for (const table of document.querySelectorAll("table.sortable")) {
    if (row) break;
    if (!table.enhanced) continue;
    (await table.enhanced).search("");
    await filter(table, null);
    table.dispatchEvent(new Event(UNFILTERED));
    row = document.getElementById(name);
  }
  if (!row?.matches("table.sortable tr")) return;
  for (let fold = row.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  await enhance(row.closest("table"));
  document.querySelectorAll("tr.asked").forEach(each => each.classList.remove("asked"));
  row.classList.add("asked");
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center", inline: "nearest" });
};
const goToRow = name => { if (wanted() === name) showRow(name); else location.hash = name; };
addEventListener("hashchange", () => showRow(wanted()));
if (location.hash) showRow(wanted());
