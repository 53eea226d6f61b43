<?php
// consumer.php PROFILE CALLS PAUSE_MS: asks STS who it is, so many times, with one client of
// AsyncAws, by which Symfony speaks to AWS. Prints a line a call: `ok ACCESS_KEY ARN` or `failed WHAT
// IT SAYS`.

require 'AsyncAws/Core/autoload.php';

use AsyncAws\Core\Configuration;
use AsyncAws\Core\Credentials\CacheProvider;
use AsyncAws\Core\Credentials\ChainProvider;
use AsyncAws\Core\Credentials\ConfigurationProvider;
use AsyncAws\Core\Credentials\ContainerProvider;
use AsyncAws\Core\Credentials\CredentialProvider;
use AsyncAws\Core\Credentials\Credentials;
use AsyncAws\Core\Credentials\IniFileProvider;
use AsyncAws\Core\Sts\StsClient;

[, $profile, $calls, $pause] = $argv;

// The chain that every client has by itself, but for the service that lends keys to machines; and
// whose keys it took last.
$chain = new ChainProvider([new ConfigurationProvider(), new IniFileProvider(), new ContainerProvider()]);
$noting = new class(new CacheProvider($chain)) implements CredentialProvider {
    public string $last = '-';

    public function __construct(private CredentialProvider $chain)
    {
    }

    public function getCredentials(Configuration $configuration): ?Credentials
    {
        $found = $this->chain->getCredentials($configuration);
        $this->last = $found ? $found->getAccessKeyId() : '-';

        return $found;
    }
};
$options = ['endpoint' => getenv('STS_URL'), 'region' => 'us-east-1'];
if ('-' !== $profile) {
    $options['profile'] = $profile;
}
$sts = new StsClient($options, $noting);
for ($call = 0; $call < (int) $calls; ++$call) {
    if ($call > 0) {
        usleep(1000 * (int) $pause);
    }
    try {
        $arn = $sts->getCallerIdentity()->getArn();
        echo "ok {$noting->last} $arn\n";
    } catch (\Throwable $error) {
        echo 'failed ', $error::class, ': ', str_replace("\n", ' ', $error->getMessage()), "\n";
    }
}
