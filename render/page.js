'use strict';
(() => {
  // Text from the graph gets onto the page as textContent only, never as markup.
  const ui = name => document.querySelector('[data-ui="' + name + '"]');
  const graph = JSON.parse(ui('data').textContent);
  const stage = ui('stage'), svg = stage.querySelector('svg.hostwire'), details = ui('details'), search = ui('search');
  const width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;

  // things are the nodes, clusters and wires of the graph with what shows them, by ID.
  const things = new Map(), order = [], drawn = new Map();
  for (const e of svg.querySelectorAll('g[id]')) drawn.set(e.id, e);
  const add = (type, item) => {
    const thing = {type, item, id: item.id, element: drawn.get(item.id) || null, wires: [], nodes: []};
    things.set(item.id, thing);
    order.push(thing);
    return thing;
  };
  for (const c of graph.clusters) add('cluster', c);
  for (const n of graph.nodes) {
    const thing = add('node', n);
    if (n.cluster) things.get(n.cluster).nodes.push(thing);
  }
  // Wires have no IDs in the picture: they are told by kind and ends, and in order where these are the same.
  const lines = new Map();
  for (const path of svg.querySelectorAll('path.wire')) {
    const key = [path.dataset.kind, path.dataset.from, path.dataset.to].join('\n');
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key).push(path.closest('.link') || path);
  }
  for (const e of graph.edges) {
    const thing = add('wire', e), same = lines.get([e.kind, e.from, e.to].join('\n'));
    thing.element = same && same.length ? same.shift() : null;
    thing.from = things.get(e.from);
    thing.to = things.get(e.to);
    thing.from.wires.push(thing);
    if (thing.to !== thing.from) thing.to.wires.push(thing);
  }
  const owner = new Map();
  for (const thing of order) if (thing.element) owner.set(thing.element, thing);

  const place = node => {
    const cluster = node.item.cluster && things.get(node.item.cluster);
    return (cluster ? cluster.item.name + ' : ' : '') + node.item.name;
  };
  const word = wire => (graph.wires || {})[wire.item.id] || graph.words[wire.item.kind] || wire.item.kind;
  const nameOf = thing => thing.type === 'wire' ? word(thing) + ', ' + place(thing.from) + (thing.item.directed ? ' → ' : ' – ') + place(thing.to)
    : thing.type === 'node' ? place(thing) : thing.item.name;

  // Zoom: the picture's size in the scrolling stage, so that moving about is what the browser does best.
  let scale = 1;
  const zoom = (to, x, y) => {
    const box = stage.getBoundingClientRect(), before = svg.getBoundingClientRect();
    if (x === undefined) [x, y] = [box.left + stage.clientWidth / 2, box.top + stage.clientHeight / 2];
    const fx = (x - before.left) / (before.width || 1), fy = (y - before.top) / (before.height || 1);
    scale = Math.min(8, Math.max(0.02, to));
    svg.style.width = width * scale + 'px';
    svg.style.height = height * scale + 'px';
    const after = svg.getBoundingClientRect();
    stage.scrollLeft += after.left + fx * after.width - x;
    stage.scrollTop += after.top + fy * after.height - y;
    ui('zoom').textContent = Math.round(scale * 100) + ' %';
  };
  const fit = () => {
    zoom(Math.min(1, (stage.clientWidth - 2) / width, (stage.clientHeight - 2) / height));
    stage.scrollTo(0, 0);
  };
  const reveal = element => {
    if (!element) return;
    const box = stage.getBoundingClientRect(), at = element.getBoundingClientRect();
    if (at.width * at.height > 0 && at.height < 12 && scale < 0.6) {
      zoom(0.8, at.left + at.width / 2, at.top + at.height / 2);
      return reveal(element);
    }
    const inside = at.left >= box.left + 20 && at.right <= box.left + stage.clientWidth - 20 && at.top >= box.top + 20 && at.bottom <= box.top + stage.clientHeight - 20;
    if (inside) return;
    stage.scrollBy({
      left: at.left + Math.min(at.width, stage.clientWidth) / 2 - box.left - stage.clientWidth / 2,
      top: at.top + Math.min(at.height, stage.clientHeight) / 2 - box.top - stage.clientHeight / 2,
      behavior: calm ? 'auto' : 'smooth',
    });
  };

  // The way of a wire: on through every interface that joins exactly two wires, up to a bridge or
  // whatever else has members. Forwarded ports are ways of their own.
  const members = new Set(['bridge', 'bond', 'team', 'vrf', 'ovs']);
  const way = wire => {
    const follow = (from, node) => {
      const out = [];
      const seen = new Set([wire]);
      for (let last = from; last.item.kind !== 'forward' && !(members.has(last.item.kind) && last.to === node);) {
        const wires = node.wires.filter(w => w.item.kind !== 'forward');
        if (wires.length !== 2) break;
        const next = wires[0] === last ? wires[1] : wires[0];
        if (seen.has(next)) break;
        seen.add(next);
        node = next.from === node ? next.to : next.from;
        out.push({wire: next, node});
        last = next;
      }
      return out;
    };
    const back = follow(wire, wire.from), ahead = follow(wire, wire.to);
    const steps = [];
    for (const s of back.reverse()) steps.push(s.node, s.wire);
    steps.push(wire.from, wire, wire.to);
    for (const s of ahead) steps.push(s.wire, s.node);
    return steps;
  };

  // Selection.
  let selected = null, end = null;
  const clear = name => { for (const e of svg.querySelectorAll('.' + name)) e.classList.remove(name); };
  const mark = (thing, name) => { if (thing && thing.element) thing.element.classList.add(name); };
  const select = (thing, show = true) => {
    for (const name of ['ui-on', 'ui-way', 'ui-end']) clear(name);
    svg.classList.remove('ui-follow');
    selected = thing;
    end = null;
    if (!thing) {
      details.hidden = true;
      details.replaceChildren();
      remember('');
      return;
    }
    mark(thing, 'ui-on');
    if (thing.type === 'wire') {
      svg.classList.add('ui-follow');
      for (const step of way(thing)) if (step !== thing) mark(step, step.type === 'wire' ? 'ui-way' : 'ui-end');
    } else if (thing.type === 'node' && thing.wires.length) {
      svg.classList.add('ui-follow');
      for (const w of thing.wires) {
        mark(w, 'ui-way');
        mark(w.from === thing ? w.to : w.from, 'ui-end');
      }
    }
    tell(thing);
    remember(thing.id);
    if (show) reveal(thing.element);
  };
  const remember = id => {
    try { history.replaceState(null, '', id ? '#' + encodeURIComponent(id) : location.pathname + location.search); } catch { /* some viewers have no history */ }
  };

  // Details.
  const make = (tag, text, ...children) => {
    const e = document.createElement(tag);
    if (text) e.textContent = text;
    e.append(...children);
    return e;
  };
  const button = (text, thing, remark) => {
    const b = make('button', text);
    b.type = 'button';
    if (remark) b.append(' ', make('small', remark));
    b.addEventListener('click', () => select(thing));
    return b;
  };
  const list = (title, buttons, kind = 'ul') => {
    if (!buttons.length) return [];
    return [make('h3', title), make(kind, '', ...buttons.map(b => make('li', '', b)))];
  };
  const changes = {added: '+ added', removed: '− removed', changed: '~ changed'};
  const tell = thing => {
    const item = thing.item, out = [];
    const close = make('button', '×');
    close.type = 'button';
    close.className = 'close';
    close.title = 'Close (Esc)';
    close.setAttribute('aria-label', 'Close');
    close.addEventListener('click', () => select(null));
    out.push(close);
    const facts = (item.facts || []).map(f => [f.name, f.value]);
    if (thing.type === 'wire') {
      out.push(make('h2', word(thing)), make('p', [item.fromLabel, item.label, item.toLabel].filter(Boolean).join(' · ')));
      if (item.count > 1) facts.unshift(['stands for', item.count + ' wires']);
    } else if (thing.type === 'cluster') {
      out.push(make('h2', item.name), make('p', item.detail));
      if (item.count > 1) facts.unshift(['stands for', item.count + ' namespaces']);
    } else {
      out.push(make('h2', place(thing)), make('p', [item.kind, item.state, item.tag, item.alias && '“' + item.alias + '”'].filter((v, i, all) => v && all.indexOf(v) === i).join(' · ')));
      if (!facts.length) for (const l of item.lines || []) facts.push(['', l]);
    }
    if (changes[item.change]) out.push(make('p', changes[item.change]));
    const dl = make('dl');
    for (const [name, value] of facts) dl.append(make('dt', name), make('dd', value));
    if (thing.type === 'wire') {
      const steps = way(thing).map(s => s.type === 'wire' ? button('│ ' + word(s), s, s === thing ? 'this wire' : s.item.label) : button(place(s), s, s.item.kind));
      const heading = list('Its way', steps, 'ol');
      heading[1].className = 'way';
      out.push(...heading, dl);
    } else if (thing.type === 'node') {
      out.push(dl);
      const link = graph.links && graph.links[thing.id];
      if (link) {
        const a = make('a', 'More about it');
        a.href = link;
        a.rel = 'noreferrer';
        out.push(make('p', '', a));
      }
      out.push(...list('Wires', thing.wires.map(w => button(word(w) + (w.item.directed ? (w.from === thing ? ' →' : ' ←') : ' –') + ' ' + place(w.from === thing ? w.to : w.from), w))));
      if (item.cluster) out.push(...list('In', [button(things.get(item.cluster).item.name, things.get(item.cluster))]));
    } else {
      out.push(dl, ...list('Interfaces and ports', thing.nodes.map(n => button(n.item.name, n, [n.item.state, n.item.tag].filter(Boolean).join(' · ')))));
      for (const s of item.sections || []) out.push(...list(s.title, s.lines.map(l => make('code', l))));
    }
    details.replaceChildren(...out);
    details.hidden = false;
    details.scrollTop = 0;
  };

  // Search.
  const textOf = ({item}) => [item.name, item.alias, item.tag, item.kind, item.state, item.change, item.detail, item.netns, item.label, item.fromLabel, item.toLabel]
    .concat(item.lines, (item.facts || []).map(f => f.name + ' ' + f.value), ...(item.sections || []).map(s => s.lines)).filter(Boolean).join('\n').toLowerCase();
  let found = [], at = -1;
  const find = () => {
    clear('ui-match');
    svg.classList.remove('ui-find');
    found = [];
    at = -1;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      for (const thing of order) {
        if (thing.type === 'wire') continue;
        thing.text = thing.text || textOf(thing);
        if (words.every(w => thing.text.includes(w))) found.push(thing);
      }
      svg.classList.add('ui-find');
      for (const thing of found) {
        mark(thing, 'ui-match');
        for (const n of thing.nodes) mark(n, 'ui-match');
      }
      for (const w of order) {
        if (w.type === 'wire' && [w.from, w.to].every(n => n.element && n.element.classList.contains('ui-match'))) mark(w, 'ui-match');
      }
    }
    count();
  };
  const count = () => {
    ui('found').textContent = !search.value.trim() ? '' : !found.length ? 'nothing found' : at < 0 ? found.length + ' found' : at + 1 + ' of ' + found.length;
  };
  const step = by => {
    if (!found.length) return;
    at = at < 0 && by < 0 ? found.length - 1 : (at + by + found.length) % found.length;
    select(found[at]);
    count();
  };

  // Filters by kind.
  const hidden = {wire: new Set(), node: new Set()};
  const filter = () => {
    for (const thing of order) {
      if (thing.type === 'cluster' || !thing.element) continue;
      const off = thing.type === 'wire'
        ? hidden.wire.has(thing.item.kind) || [thing.from, thing.to].some(n => hidden.node.has(n.item.kind))
        : hidden.node.has(thing.item.kind);
      thing.element.classList.toggle('ui-off', off);
    }
    svg.classList.toggle('ui-off-labels', hidden.wire.size > 0);
  };
  const chips = (title, type, picks = () => true) => {
    const counts = new Map();
    for (const t of order) if (t.type === type && picks(t.item)) counts.set(t.item.kind, (counts.get(t.item.kind) || 0) + t.item.count);
    if (counts.size < 1) return;
    ui('kinds').append(make('span', title));
    for (const [kind, n] of [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
      const b = make('button');
      b.type = 'button';
      b.dataset.kind = kind;
      b.dataset.of = type;
      b.setAttribute('aria-pressed', 'true');
      b.title = 'Show or hide';
      if (type === 'wire') {
        const sample = make('i'), path = order.find(t => t.type === 'wire' && t.item.kind === kind && t.element);
        const line = path && (path.element.querySelector('.wire') || path.element);
        if (line) {
          const update = () => { sample.style.borderTopColor = getComputedStyle(line).stroke; };
          update();
          recolour.push(update);
          if (getComputedStyle(line).strokeDasharray !== 'none') sample.style.borderTopStyle = 'dashed';
        }
        b.append(sample);
      }
      b.append((type === 'wire' ? graph.words[kind] || kind : kind) + ' ' + n);
      b.addEventListener('click', () => {
        const set = hidden[type];
        set.has(kind) ? set.delete(kind) : set.add(kind);
        b.setAttribute('aria-pressed', String(!set.has(kind)));
        filter();
      });
      ui('kinds').append(b);
    }
  };
  const recolour = [];

  // Light and dark.
  const root = document.documentElement, sides = ['auto', 'light', 'dark'];
  const turn = () => {
    if (!root.dataset.sides) return;
    root.dataset.theme = sides[(sides.indexOf(root.dataset.theme) + 1) % 3];
    ui('theme').textContent = root.dataset.theme[0].toUpperCase() + root.dataset.theme.slice(1);
    for (const f of recolour) f();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { for (const f of recolour) f(); });

  const reset = () => {
    if (search.value) {
      search.value = '';
      find();
    } else if (selected) {
      select(null);
    } else {
      hidden.wire.clear();
      hidden.node.clear();
      for (const b of ui('kinds').querySelectorAll('button')) b.setAttribute('aria-pressed', 'true');
      filter();
    }
  };
  const follow = () => {
    if (!selected) return;
    if (selected.type === 'wire') {
      end = end === selected.to ? selected.from : selected.to;
      reveal(end.element);
      return end;
    }
    if (selected.type === 'node' && selected.wires.length) {
      const w = selected.wires[0], other = w.from === selected ? w.to : w.from;
      select(other);
    }
  };

  // Pointer.
  let drag = null, dragged = false;
  const fingers = new Map();
  let spread = 0;
  stage.addEventListener('pointerdown', e => {
    fingers.set(e.pointerId, e);
    dragged = false;
    if (e.pointerType !== 'touch' && e.button === 0) drag = {x: e.clientX, y: e.clientY, left: stage.scrollLeft, top: stage.scrollTop};
    spread = 0;
  });
  window.addEventListener('pointermove', e => {
    if (fingers.has(e.pointerId)) fingers.set(e.pointerId, e);
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()], now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      if (spread) zoom(scale * now / spread, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
      spread = now;
    }
    if (!drag) return;
    if (!dragged && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < 5) return;
    dragged = true;
    stage.classList.add('moving');
    stage.scrollLeft = drag.left - (e.clientX - drag.x);
    stage.scrollTop = drag.top - (e.clientY - drag.y);
  });
  for (const name of ['pointerup', 'pointercancel']) window.addEventListener(name, e => {
    fingers.delete(e.pointerId);
    drag = null;
    stage.classList.remove('moving');
  });
  stage.style.touchAction = 'pan-x pan-y';
  stage.addEventListener('wheel', e => {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    zoom(scale * Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.002)), e.clientX, e.clientY);
  }, {passive: false});
  const thingAt = target => {
    for (let e = target; e && e !== stage; e = e.parentNode) if (owner.has(e)) return owner.get(e);
    return null;
  };
  stage.addEventListener('click', e => {
    if (dragged) return;
    const thing = thingAt(e.target);
    if (thing || selected) select(thing, false);
  });

  // Keyboard.
  for (const thing of order) {
    if (!thing.element) continue;
    if (thing.type === 'wire') {
      const path = thing.element.querySelector('.wire');
      if (path && !thing.element.querySelector('.hit')) { // a wider line to point at.
        const hit = path.cloneNode(false);
        hit.setAttribute('class', 'ui-hit');
        path.before(hit);
      }
    }
    thing.element.setAttribute('tabindex', '0');
    thing.element.setAttribute('role', 'button');
    thing.element.setAttribute('aria-label', nameOf(thing));
  }
  svg.setAttribute('role', 'group');
  const moves = {ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60]};
  const keys = {
    '/': () => { search.focus(); search.select(); },
    n: () => step(1), p: () => step(-1), f: follow, t: turn, '?': () => ui('keys').showModal(),
    '+': () => zoom(scale * 1.25), '=': () => zoom(scale * 1.25), '-': () => zoom(scale / 1.25), 1: () => zoom(1), 0: fit,
  };
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || ui('keys').open) return;
    if (e.key === 'Escape') return reset();
    if (e.target === search) {
      if (e.key === 'Enter') step(e.shiftKey ? -1 : 1);
      return;
    }
    const thing = e.target instanceof Element && owner.get(e.target);
    if (thing && (e.key === 'Enter' || e.key === ' ')) {
      e.preventDefault();
      return select(thing, false);
    }
    if (moves[e.key] && !details.contains(e.target)) {
      e.preventDefault();
      return stage.scrollBy(...moves[e.key]);
    }
    if (Object.hasOwn(keys, e.key)) {
      e.preventDefault();
      keys[e.key]();
    }
  });

  ui('bar').hidden = false;
  ui('theme').hidden = !root.dataset.sides;
  for (const [name, act] of [['in', keys['+']], ['out', keys['-']], ['zoom', keys[1]], ['fit', fit], ['theme', turn], ['help', keys['?']]]) ui(name).addEventListener('click', act);
  search.addEventListener('input', find);
  chips('Wires', 'wire');
  chips('Interfaces', 'node', n => n.class === 'nif');
  chips('Others', 'node', n => n.class !== 'nif');
  fit();
  let wanted = '';
  try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { /* not written by this page */ }
  if (things.has(wanted)) select(things.get(wanted));
  root.dataset.ready = 'yes';
})();
