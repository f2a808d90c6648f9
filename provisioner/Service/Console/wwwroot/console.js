// Leads back to a page that works when the service does not know this page's circuit any more, for example after its restart.
const modal = document.getElementById('components-reconnect-modal');
modal?.addEventListener('components-reconnect-state-changed', event => {
  if (event.detail.state === 'show') {
    if (!modal.open) modal.showModal();
  } else if (event.detail.state === 'hide') {
    modal.close();
  } else if (event.detail.state === 'failed' || event.detail.state === 'rejected') {
    location.reload();
  }
});

// Blazor follows a link within the page by scrolling alone; for the keyboard, the focus has to move there too.
document.addEventListener('click', event => {
  if (event.target instanceof Element && event.target.closest('a.skip')) {
    event.preventDefault();
    event.stopPropagation();
    document.getElementById('content')?.focus();
  }
}, true);
