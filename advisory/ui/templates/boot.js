(function(){var kept=window.advisoryKept=[];function keep(e){var t=e.target;if(!t.closest)return;
if(e.type=="submit"?t.matches("form[data-do]"):e.type=="click"?t.closest("[data-do]")&&!t.closest("[type=submit]"):t.closest("[data-input],[data-change]")){
if(e.type=="submit"||e.type=="click"&&t.closest("a[data-do]"))e.preventDefault();kept.push([e.type,t,e.submitter||null,e.detail])}}
var types=["click","submit","change","input"];types.forEach(function(t){addEventListener(t,keep,true)});
kept.end=function(){types.forEach(function(t){removeEventListener(t,keep,true)})}})()
