using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Stress.Silo.Tls;

/// <summary>
/// The certificates of a process as its files are now: each handshake uses the current files, so that a renewed Secret takes effect without a restart. Files that do not match, for
/// example while they are written one by one, leave the earlier ones in use; that is logged once.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="first">Their contents at the start.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Gets one line when other certificates come into use, or when those of the files cannot be used.</param>
public sealed class ClusterCertificates(ClusterTls files, TlsIdentity first, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private TlsIdentity _current = first;
    private string? _tried = first.Texts;
    private long _read = time.GetTimestamp();

    /// <summary>The certificates that a handshake starting now presents and trusts.</summary>
    public TlsIdentity Current
    {
        get
        {
            lock (_lock)
            {
                if (time.GetElapsedTime(_read) >= ReadEvery)
                {
                    _read = time.GetTimestamp();
                    Renew();
                }

                return _current;
            }
        }
    }

    private void Renew()
    {
        if (files.Texts() is not { } texts || texts == _tried)
        {
            return;
        }

        _tried = texts;
        try
        {
            _current = files.Read(time.GetUtcNow());
            X509Certificate2 own = _current.Certificate;
            say(string.Create(CultureInfo.InvariantCulture, $"other certificates are in use from now on: {own.Subject}, valid until {own.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z"));
        }
        catch (Exception e) when (e is FormatException or ClusterUnavailableException)
        {
            say($"the files of mutual TLS have changed and cannot be used; the earlier certificates stay in use ({e.Message})");
        }
    }
}
