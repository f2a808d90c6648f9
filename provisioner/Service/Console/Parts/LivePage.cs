using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.Service.Console.SignIn;
using Cloudlet.Service.Operations;
using Microsoft.AspNetCore.Components;

namespace Cloudlet.Service.Console.Parts;

/// <summary>
/// A page that shows what there is now: it loads again when an operation starts or ends, and every few seconds, because a guest pauses or
/// ends without an operation.
/// </summary>
public abstract class LivePage : ComponentBase, IAsyncDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _end = new();
    private Task _following = Task.CompletedTask;
    private bool _loadFailed;

    /// <summary>Who looks at the page, and what he may do.</summary>
    [Inject]
    public ConsoleSession Session { get; set; } = null!;

    /// <summary>Long work.</summary>
    [Inject]
    public OperationBook Operations { get; set; } = null!;

    /// <summary>Leads to other pages.</summary>
    [Inject]
    public NavigationManager Places { get; set; } = null!;

    /// <summary>The user; null until the first load.</summary>
    protected Caller? Me { get; private set; }

    /// <summary>True when the user may change things, and the page is connected.</summary>
    protected bool MayChange => Me is { Role: >= Role.Member };

    /// <summary>Buttons do nothing before the page is connected.</summary>
    protected bool IsReady => RendererInfo.IsInteractive;

    /// <summary>Why the page could not be loaded, or what the last change failed with.</summary>
    protected string? Failure { get; set; }

    /// <summary>Ends with the page.</summary>
    protected CancellationToken Ending => _end.Token;

    /// <summary>How often the page loads again.</summary>
    protected virtual TimeSpan Pace => TimeSpan.FromSeconds(3);

    /// <summary>Loads what the page shows.</summary>
    protected abstract Task LoadAsync(Caller me);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => ReloadAsync();

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
            _following = FollowAsync();
    }

    /// <summary>Loads the page again now.</summary>
    protected async Task ReloadAsync()
    {
        try
        {
            Me = await Session.CallerAsync();
            await LoadAsync(Me);
            if (_loadFailed)
                (Failure, _loadFailed) = (null, false);
        }
        catch (SessionEndedException)
        {
            Leave();
        }
        catch (CloudletException e)
        {
            (Failure, _loadFailed) = (e.Message, true);
        }
    }

    /// <summary>Changes something at once, and shows why it failed.</summary>
    /// <param name="what">What is done, for the audit log.</param>
    /// <param name="act">Does it.</param>
    protected async Task ChangeAsync(string what, Func<Caller, Task> act)
    {
        (Failure, _loadFailed) = (null, false);
        try
        {
            await Session.ChangeAsync(
                what,
                async caller =>
                {
                    await act(caller);
                    return true;
                }
            );
            await ReloadAsync();
        }
        catch (SessionEndedException)
        {
            Leave();
        }
        catch (CloudletException e)
        {
            Failure = e.Message;
        }
    }

    /// <summary>Starts an operation, which the page then shows.</summary>
    /// <param name="what">What is done, for the audit log.</param>
    /// <param name="start">Starts it.</param>
    protected async Task StartAsync(string what, Func<Caller, Operation> start)
    {
        (Failure, _loadFailed) = (null, false);
        try
        {
            await StartOrThrowAsync(what, c => Task.FromResult(start(c)));
        }
        catch (SessionEndedException)
        {
            Leave();
        }
        catch (CloudletException e)
        {
            Failure = e.Message;
        }
    }

    /// <summary>Starts an operation of a form, which shows why it failed.</summary>
    /// <param name="what">What is done, for the audit log.</param>
    /// <param name="start">Starts it.</param>
    protected async Task StartOrThrowAsync(string what, Func<Caller, Task<Operation>> start) =>
        Started = [(await Session.ChangeAsync(what, start, o => o.View.Id)).View.Id, .. Started];

    /// <summary>Operations that were started on this page, the latest first.</summary>
    protected IReadOnlyList<string> Started { get; private set; } = [];

    /// <summary>Leads to the login.</summary>
    protected void Leave()
    {
        if (IsReady)
            Places.NavigateTo("login", forceLoad: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _following;
        await EndAsync();
        _end.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what a page has opened.</summary>
    protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;

    private async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                var changed = Operations.NextChange();
                await Task.WhenAny(changed, Task.Delay(Pace, _end.Token));
                await Task.Delay(Shortest, _end.Token);
                await ReloadAsync();
                StateHasChanged();
            }
        }
        catch (OperationCanceledException)
        {
            // The page is left.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await DispatchExceptionAsync(e);
        }
    }
}
