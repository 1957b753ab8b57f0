// end.js: puts the page together and draws it for the first time.
buildPage();
update({});
})();
