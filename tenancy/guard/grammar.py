"""The parts of PostgreSQL's grammar that a statement may be made of.

Everything else is refused because it is not here: SELECT INTO, MERGE, TABLESAMPLE, XML,
WHERE CURRENT OF, and whatever a later grammar brings.
"""

from __future__ import annotations

__all__ = [
    "CONSTRAINTS_NODES",
    "DATA_STATEMENTS",
    "EXPLAIN_NODES",
    "EXPLAIN_OPTIONS",
    "FORMS",
    "NODES",
    "SESSION_VALUES",
]

DATA_STATEMENTS = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt"})

FORMS = frozenset(
    {
        "ConstraintsSetStmt",
        "TransactionStmt:TRANS_STMT_SAVEPOINT",
        "TransactionStmt:TRANS_STMT_RELEASE",
        "TransactionStmt:TRANS_STMT_ROLLBACK_TO",
    }
)
"""The statements beside data statements: SET CONSTRAINTS and the three forms for savepoints."""

# Not here: ANALYZE runs the statement, SETTINGS prints settings, WAL and BUFFERS count what
# others did as well.
EXPLAIN_OPTIONS = frozenset({"costs", "format", "summary", "verbose"})

SESSION_VALUES = frozenset(
    {
        "SVFOP_CURRENT_DATE",
        "SVFOP_CURRENT_TIME",
        "SVFOP_CURRENT_TIME_N",
        "SVFOP_CURRENT_TIMESTAMP",
        "SVFOP_CURRENT_TIMESTAMP_N",
        "SVFOP_LOCALTIME",
        "SVFOP_LOCALTIME_N",
        "SVFOP_LOCALTIMESTAMP",
        "SVFOP_LOCALTIMESTAMP_N",
    }
)

_NODE_TAGS = """
A_ArrayExpr A_Expr A_Indices A_Indirection BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr
CollateClause ColumnDef ColumnRef CommonTableExpr DeleteStmt FuncCall GroupingFunc GroupingSet
IndexElem InsertStmt JoinExpr JsonArgument JsonArrayAgg JsonArrayConstructor
JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue
JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonScalarExpr JsonSerializeExpr
JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List LockingClause MinMaxExpr
MultiAssignRef NamedArgExpr NullTest ParamRef RangeFunction RangeSubselect RangeVar ResTarget
RowExpr SQLValueFunction SelectStmt SetToDefault SortBy SubLink TypeCast TypeName UpdateStmt
WindowDef
"""

# Fields of those nodes that hold nodes. Left out: intoClause (SELECT INTO), opclass and
# opclassopts (a name that is looked up), options (RETURNING WITH).
_FIELDS = """
agg_filter agg_order aliascolnames arg args coldeflist collation collClause collname colnames
cols columns constructor content context_item ctecolnames ctequery ctes cycle_clause
cycle_col_list cycle_mark_default cycle_mark_value defresult distinctClause elements endOffset
expr exprs fields format formatted_expr fromClause func funcname functions groupClause
havingClause indexElems indirection infer items join_using_alias key larg lexpr lidx limitCount
limitOffset lockedRels lockingClause name node on_empty on_error onConflictClause operName
orderClause output over partitionClause passing pathspec quals query rarg raw_expr refs relation
result returning returningClause rexpr search_clause search_col_list selectStmt sortClause source
startOffset string subquery subselect targetList testexpr typeName uidx useOp usingClause val
value valuesLists whereClause windowClause withClause
"""

NODES = frozenset(_NODE_TAGS.split()) | frozenset(_FIELDS.split())
"""Tags of nodes, and names of fields with structure, as the JSON form of the tree spells them."""

EXPLAIN_NODES = frozenset({"DefElem", "ExplainStmt", "options"})
CONSTRAINTS_NODES = frozenset({"ConstraintsSetStmt", "constraints"})
