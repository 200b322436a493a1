-- Why: the link of a routine mail could stop routine mail and nothing could let it come again. The page of the same link can, by the same right (B1).
-- The previous binary: runs; it only ever stops.
alter policy unsubscribing on notify.endpoints
    using ((select scope.caller()) = 'machine' and channel = 'email') with check ((select scope.caller()) = 'machine' and channel = 'email');
