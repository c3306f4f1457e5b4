// Where runs are, as they go on. Without it a page says where they were when it was asked for.
for (const line of document.querySelectorAll('[data-live]')) {
    const events = new EventSource(line.dataset.live);
    events.addEventListener('at', e => { line.querySelector('.now').textContent = e.data; });
    events.addEventListener('ended', () => { events.close(); line.querySelector('.now').textContent = 'ended'; });
}
