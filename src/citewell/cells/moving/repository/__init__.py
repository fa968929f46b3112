"""The SQL of moves: what moves with a project, its rows, the fence, the moves under way, and the handover."""
