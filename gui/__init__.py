"""The desktop application: windows, views, dialogs and the work behind them."""
