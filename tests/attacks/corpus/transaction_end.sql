-- reason: ends the transaction that a SET LOCAL ROLE or an audit entry lives in
-- case: commit expect: statement:kind:refused
COMMIT
-- case: commit_chain expect: statement:kind:refused
COMMIT AND CHAIN
-- case: end expect: statement:kind:refused
END
-- case: rollback expect: statement:kind:refused
ROLLBACK
-- case: abort expect: statement:kind:refused
ABORT
-- case: begin expect: statement:kind:refused
BEGIN
-- case: start expect: statement:kind:refused
START TRANSACTION READ WRITE
-- case: begin_isolation expect: statement:kind:refused
BEGIN ISOLATION LEVEL SERIALIZABLE
-- case: set_transaction expect: statement:kind:refused
SET TRANSACTION READ ONLY
-- case: set_transaction_snapshot expect: statement:kind:refused
SET TRANSACTION SNAPSHOT '00000003-0000001B-1'
-- case: set_characteristics expect: statement:kind:refused
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
-- case: prepare_transaction expect: statement:kind:refused
PREPARE TRANSACTION 'x'
-- case: commit_prepared expect: statement:kind:refused
COMMIT PREPARED 'x'
-- case: rollback_prepared expect: statement:kind:refused
ROLLBACK PREPARED 'x'
-- case: commit_stacked expect: statement:several:refused
SELECT 1; COMMIT; SELECT 2
-- case: commit_comment expect: statement:kind:refused
COMMIT/**/WORK
